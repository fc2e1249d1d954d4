"""What is owed to whom: per guild a desk, per channel of it an outlet. Pure; time is an argument."""

import math
from collections.abc import Container, Iterable, Mapping

from attrs import define, field, frozen

from actors.giftcodes.announcing_kept import Kept, Slot, is_posted
from actors.giftcodes.announcing_turns import Turns
from actors.giftcodes.model import Channel, ChannelTrouble, Code, CodeKey, Guild

EDIT_EVERY = 5.0
"""Seconds between two edits of one message, at least."""
RETRY_FIRST = 5.0
RETRY_MAX = 300.0
GONE_MAX = 3600.0
"""Seconds until a channel that failed is tried again: doubling from the first to the last; one that is gone
is tried less and less often, up to once an hour."""


def wants(channel: Channel, code: Code) -> bool:
    """Whether the channel is to have the code."""
    return code.live_from >= channel.since and (not channel.games or code.game in channel.games)


@frozen
class _Aside:
    """A message that could not be made so many times in a row, and is left alone until then."""

    times: int
    until: float
    reason: str


@define(eq=False)
class Outlet:
    """One channel of one guild, and how it stands."""

    guild: Guild
    channel: Channel
    rests_until: float
    """No message made before this life is edited earlier than this: the last life may just have done it."""
    owed: dict[CodeKey, Code] = field(factory=dict)
    """What is to be posted, oldest first."""
    turns: Turns = field(factory=Turns)
    until: float = 0.0
    """It failed, and is left alone until then."""
    failures: int = 0
    reason: str = ""
    """Why it failed the last time; "" it did not."""
    trouble: ChannelTrouble | None = None
    alerts: int = 0
    """How often it was tried in vain to tell who set it up."""
    _edited: dict[CodeKey, float] = field(factory=dict)
    _aside: dict[CodeKey, _Aside] = field(factory=dict)
    """Messages that can't be made or edited, by no fault of the channel: they hold up no other."""

    @property
    def key(self) -> str:
        """`guild/channel`."""
        return f"{self.guild.id}/{self.channel.id}"

    def look(self, key: CodeKey, now: float) -> None:
        """The message about the code may have to be edited: as soon as can be."""
        self.turns.add(key, max(now, self.may_edit_at(key)))

    def may_edit_at(self, key: CodeKey) -> float:
        """When the message may be edited again."""
        at = self._edited.get(key, self.rests_until)
        return max(at, self._aside[key].until) if key in self._aside else at

    def edited(self, key: CodeKey, now: float) -> None:
        """The message was made or edited, or that was tried."""
        self._edited[key] = now + EDIT_EVERY

    def derive(self, live: Iterable[tuple[CodeKey, Code, Mapping[Slot, Kept]]]) -> None:
        """What is owed: of the live codes, each with the messages about it, those without a complete post."""
        channel, guild, here = self.channel, self.guild.id, self.channel.id
        self.owed = {}
        for key, code, posts in live:  # a hundred thousand times in a large house: nothing is computed twice
            if not is_posted(posts.get((guild, here, code.activation))) and wants(channel, code):
                self.owed[key] = code

    def keep_only(self, keys: Container[CodeKey], now: float) -> None:
        """Forget what is known of other codes, and what is over."""
        self._edited = {key: at for key, at in self._edited.items() if key in keys and at > now}
        self._aside = {key: aside for key, aside in self._aside.items() if key in keys}

    def posts_at(self) -> float:
        """When something can be posted; `inf`: nothing is owed."""
        if not self.owed:
            return math.inf
        if len(self._aside) < len(self.owed):
            return self.until
        return max(self.until, min(self._free_at(key) for key in self.owed))

    def head(self, now: float) -> Code | None:
        """The oldest code that is owed and can be posted now."""
        if self.until > now:
            return None
        return next((code for key, code in self.owed.items() if self._free_at(key) <= now), None)

    def _free_at(self, key: CodeKey) -> float:
        aside = self._aside.get(key)
        return 0.0 if aside is None else aside.until

    def turns_at(self) -> float:
        """When a message can be looked at; `inf`: none is to be."""
        return max(self.until, self.turns.next_at)

    @property
    def why(self) -> str:
        """Why something can't be posted to it; "" everything can."""
        return self.reason or next((aside.reason for aside in self._aside.values()), "")

    def put_aside(self, key: CodeKey, reason: str, now: float) -> bool:
        """The message can't be made or edited, others may be: it is tried again less and less often.

        Returns whether that is new.
        """
        aside = self._aside.get(key)
        times = 0 if aside is None else aside.times
        until = now + min(GONE_MAX, RETRY_FIRST * 2 ** min(times, 20))
        self._aside[key] = _Aside(times + 1, until, reason)
        return aside is None or aside.reason != reason

    def take_up(self, key: CodeKey) -> None:
        """The message was made, or is as it should be."""
        self._aside.pop(key, None)

    def refuses(self, key: CodeKey, now: float) -> bool:
        """Whether it just took no message about the code, or a person has to mend it."""
        return self._free_at(key) > now or (self.trouble is not None and self.until > now)

    def failed(self, reason: str, now: float, *, gone: bool) -> None:
        """It could not be posted to."""
        most = GONE_MAX if gone else RETRY_MAX
        self.until = now + min(most, RETRY_FIRST * 2 ** min(self.failures, 20))
        self.failures += 1
        self.reason = reason

    def recovered(self) -> None:
        """It works, or somebody has changed something about it: it is tried at once."""
        self.until, self.failures, self.reason, self.alerts = 0.0, 0, "", 0


@define(eq=False)
class Desk:
    """One guild, and its outlets in the order of its channels. One thing is done for it at a time."""

    guild: Guild
    outlets: dict[str, Outlet] = field(factory=dict)
    busy_since: float | None = None
    posted: dict[str, None] = field(factory=dict)
    """Codes that were posted, and not yet spoken of."""
    said: set[tuple[CodeKey, int]] = field(factory=set)
    """Codes (with their activation) whose finding was spoken of already."""

    def posts_at(self) -> float:
        """When something can be posted; `inf`: nothing is owed."""
        return min((outlet.posts_at() for outlet in self.outlets.values()), default=math.inf)

    def turns_at(self) -> float:
        """When a message can be looked at; `inf`: none is to be."""
        return min((outlet.turns_at() for outlet in self.outlets.values()), default=math.inf)

    def try_again(self) -> None:
        """What failed need not wait any longer; should it fail again, it waits longer than before."""
        for outlet in self.outlets.values():
            outlet.until = 0.0

    def look_elsewhere(self, outlet: Outlet, key: CodeKey, now: float) -> None:
        """The outlet can't do what may be to be done about the code: another one may."""
        for other in self.outlets.values():
            if other is not outlet:
                other.look(key, now)

    def next_post(self, now: float) -> tuple[Outlet, Code] | None:
        """What is to be posted next: of the channels that can be posted to, the oldest code."""
        outlets = self.outlets.values()
        heads = [(outlet, code) for outlet in outlets if (code := outlet.head(now)) is not None]
        return min(heads, key=lambda head: _age(head[1]), default=None)

    def next_look(self, now: float) -> tuple[Outlet, CodeKey] | None:
        """Whose turn it is to be looked at; it has had its turn then."""
        for outlet in self.outlets.values():
            if outlet.turns_at() <= now:
                key = outlet.turns.take(now)
                if key is not None:
                    return outlet, key
        return None


def oldest_first(codes: list[Code]) -> list[Code]:
    """The codes in the order they are posted in."""
    return sorted(codes, key=_age)


def _age(code: Code) -> tuple[float, str]:
    return (code.first_seen, code.code)
