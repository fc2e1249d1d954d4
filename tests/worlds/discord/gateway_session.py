"""A session of the gateway: it outlives its connections, and keeps events for who comes back."""

from collections import deque
from typing import Any, Protocol

from attrs import define, field, frozen

from tests.worlds.discord.gateway_intents import as_seen

DISPATCH = 0


class Line(Protocol):
    """The connection that a session speaks through."""

    def post(self, payload: dict[str, Any]) -> None:
        """Send it after all that was posted before."""


@frozen
class Identity:
    """Who identified, and with what."""

    session: str
    intents: int
    shard: int
    shards: int
    bot: str

    def serves(self, guild: str | None) -> bool:
        """Whether events of this guild come by this shard. What has no guild comes by the first one."""
        return (int(guild) >> 22) % self.shards == self.shard if guild else self.shard == 0


@define(eq=False)
class Session:
    """Events with their numbers, the last ones kept for a resume."""

    identity: Identity
    keep: int
    """How many events are kept; who missed more can't resume."""
    line: Line | None = None
    seq: int = 0
    _kept: deque[dict[str, Any]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._kept = deque(maxlen=self.keep)

    def dispatch(self, name: str, payload: dict[str, Any], guild: str | None) -> None:
        """An event for it, if its intents and its shard let it see it: now, or when it resumes."""
        if self.identity.serves(guild):
            seen = as_seen(name, payload, self.identity.intents, self.identity.bot)
            if seen is not None:
                self.tell(name, seen)

    def tell(self, name: str, payload: dict[str, Any]) -> None:
        """An event for it in any case."""
        self.seq += 1
        numbered = {"op": DISPATCH, "t": name, "s": self.seq, "d": payload}
        self._kept.append(numbered)
        if self.line is not None:
            self.line.post(numbered)

    def can_resume(self, seq: int) -> bool:
        """Whether all that came after event `seq` is still kept."""
        return self.seq - seq <= len(self._kept)

    def resume(self, seq: int, line: Line) -> None:
        """Go on through this connection: what came after event `seq` first."""
        self.line = line
        for numbered in self._kept:
            if numbered["s"] > seq:
                line.post(numbered)
        self.tell("RESUMED", {"_trace": []})
