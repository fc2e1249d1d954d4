"""VIP's part of the status: asked of the desk, the account pool and Telegram, none of them waited for."""

from contextlib import suppress

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
    """

    desk: ActorRef
    pool: ActorRef
    telegram: ActorRef
    clock: Clock

    async def make(self) -> dict[str, object]:
        """The document alone."""
        return (await self.look()).document

    async def look(self, within: float = 0.25) -> VIPPart:
        """The part now. `within`: seconds that each of the three has to answer."""
        answers = VIPAnswers()

        async def ask(name: str, ref: ActorRef, question: object) -> None:
            with suppress(SupervisionError):
                setattr(answers, name, await ref.ask(question, timeout=within))

        async def ask_desk() -> None:
            with suppress(SupervisionError):
                answers.desk = await self.desk.ask(VIPStatus(), timeout=within)
                answers.uncounted = answers.desk is None

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask_desk)
            nursery.start_soon(ask, "pool", self.pool, PoolStatus())
            nursery.start_soon(ask, "telegram", self.telegram, TelegramStatus())
        return VIPPart(vip_json(answers), tuple(vip_problems(answers, self.clock.now())))
