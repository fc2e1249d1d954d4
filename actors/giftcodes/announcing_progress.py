"""What a message shows: asked of the campaign while its code lives, read from the store after that."""

import hashlib
from collections.abc import Mapping

from attrs import define, evolve, field

from actors.giftcodes import progress
from actors.giftcodes.announcing_ports import AnnouncerPorts
from actors.giftcodes.campaign_messages import ProgressOf
from actors.giftcodes.model import Code, CodeKey, CodeState, Guild, Redemption, Registration
from actors.ports import Announcement, Progress
from supervision import ActorCrashed, ActorDead, AskTimeout

AT_ONCE = 1.0
"""Seconds a post waits for its first progress: it is posted without one rather than late."""
KEPT = 4
"""Ended codes whose outcomes are kept in memory while the guilds' messages are edited one after another."""


class ProgressUnknown(Exception):  # noqa: N818 - a condition that passes
    """The campaign can't say now."""


def fingerprint(announcement: Announcement) -> str:
    """What tells whether two announcements look the same: `state:digest`."""
    code = evolve(announcement.code, canary_at=None, canary="")
    shown = repr(evolve(announcement, code=code))
    return (
        f"{code.state.value}:{hashlib.blake2b(shown.encode('utf-8', 'replace'), digest_size=12).hexdigest()}"
    )


def shows_state(shown: str, code: Code) -> bool:
    """Whether a message that shows `shown` tells the code's state as it is."""
    return shown.partition(":")[0] == code.state.value


@define(eq=False)
class ProgressReader:
    """Where progress comes from."""

    _ports: AnnouncerPorts
    _ended: dict[CodeKey, tuple[int, Mapping[str, Redemption]]] = field(factory=dict)
    """Code → its activation, and how its players stood."""
    _news: int = 0
    """How often something was told to have moved."""

    async def at_once(self, code: Code, guild: Guild) -> Progress | None:
        """The progress of a live code, if the campaign says it at once."""
        try:
            return await self._ask(code, guild, AT_ONCE)
        except ProgressUnknown:
            return None

    async def read(self, code: Code, guild: Guild) -> Progress | None:
        """How the code stands for the guild; None: the campaign does not know it yet, and will tell.

        Raises `ProgressUnknown`, `StoreUnavailable`.
        """
        if code.state is CodeState.LIVE:
            return await self._ask(code, guild, 5.0)
        known = await self._last_known(code)
        registrations = await self._ports.store.find(Registration, guild=guild.id, game=code.game)
        return progress.of_ended(known, {registration.fid for registration in registrations})

    def forget(self, key: CodeKey) -> None:
        """The code has moved: what is kept of it is out of date."""
        self._ended.pop(key, None)
        self._news += 1

    def forget_all(self) -> None:
        """Any code may have moved."""
        self._ended.clear()
        self._news += 1

    async def _last_known(self, code: Code) -> Mapping[str, Redemption]:
        activation, known = self._ended.get(code.code_key, (None, {}))
        if activation != code.activation:
            news = self._news
            records = await self._ports.store.find(Redemption, game=code.game, code=code.code)
            known = progress.last_known(records, code.activation)
            if news == self._news:  # else it may have moved while it was read
                self._ended[code.code_key] = (code.activation, known)
            while len(self._ended) > KEPT:
                del self._ended[next(iter(self._ended))]
        return known

    async def _ask(self, code: Code, guild: Guild, within: float) -> Progress | None:
        try:
            answer = await self._ports.campaign.ask(ProgressOf(code.code_key, guild.id), within)
        except (ActorCrashed, ActorDead, AskTimeout) as error:
            raise ProgressUnknown(str(error)) from error
        return answer if isinstance(answer, Progress) else None
