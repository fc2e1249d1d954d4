"""VIP's part of the status: asked of the desk, the account pool and Telegram, none of them waited for."""

import trio
from attrs import frozen

from actors.ports import Clock
from actors.vip.messages import VIPStatus
from actors.vip.pool_messages import PoolStatus
from daemon.telegram.status import TelegramStatus
from daemon.vip_status import VIPAnswers, vip_json, vip_problems
from supervision import ActorRef, SupervisionError


@frozen
class VIPPart:
    """What is shown, and what is wrong, in sentences."""

    document: dict[str, object]
    problems: tuple[str, ...]


@frozen
class VIPReport:
    """Makes VIP's part. Knows nothing of hikari and Telethon.

    Args:
        desk: `vip/desk`.
        pool: `vip/leasing/account_pool`.
        telegram: `gateways/telegram`.
        clock: tells how old something is.
        within: seconds that each of the three has to answer.
    """

    desk: ActorRef
    pool: ActorRef
    telegram: ActorRef
    clock: Clock
    within: float = 0.25

    async def make(self) -> dict[str, object]:
        """The document alone."""
        return (await self.look()).document

    async def look(self) -> VIPPart:
        """The part now."""
        answers = VIPAnswers()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._ask_desk, answers)
            nursery.start_soon(self._ask, answers, "pool", self.pool, PoolStatus())
            nursery.start_soon(self._ask, answers, "telegram", self.telegram, TelegramStatus())
        return VIPPart(vip_json(answers), tuple(vip_problems(answers, self.clock.now())))

    async def _ask_desk(self, answers: VIPAnswers) -> None:
        answered = await self._ask(answers, "desk", self.desk, VIPStatus())
        answers.uncounted = answered and answers.desk is None

    async def _ask(self, answers: VIPAnswers, name: str, ref: ActorRef, question: object) -> bool:
        """Whether it answered."""
        try:
            setattr(answers, name, await ref.ask(question, timeout=self.within))
        except SupervisionError:
            return False
        return True
