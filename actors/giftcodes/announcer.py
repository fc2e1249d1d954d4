"""AnnouncerActor: posts each live code to each channel it is owed to. Derived, never queued."""

import logging
from collections import defaultdict
from contextlib import suppress

from attrs import define, field, frozen

from actors.giftcodes.model import TERMINAL_GUILD, Channel, Code, CodeState, Guild, Post
from actors.ports import Announcement, Board, Clock, PostError, Put, Store, StoreUnavailable
from supervision import Actor, Timer

logger = logging.getLogger("perkd.announcer")

RETRY_FIRST = 5.0
RETRY_MAX = 300.0
"""Seconds until what could not be posted is tried again: doubling from the first to the last."""


@frozen
class CodesChanged:
    """There may be a code, a channel or an activation that was not announced yet."""


@frozen
class AnnouncerStatus:
    """Asks for `AnnouncerNumbers`."""


@frozen
class AnnouncerNumbers:
    """How the announcer stands, in this life."""

    posted: int
    failing: str
    """Why the last round left something unposted; "" where it did not."""


@frozen
class _Owed:
    guild: Guild
    channel: Channel
    code: Code


@define(eq=False)
class AnnouncerActor(Actor):
    """One for all guilds and channels."""

    _board: Board
    _store: Store
    _clock: Clock
    _announced: set[tuple[str, tuple[str, ...]]] = field(factory=set)
    """(guild, codes) whose finding was said already: a retry does not say it again."""
    _unrecorded: dict[str, Post] = field(factory=dict)
    """Posts that succeeded while the store was away: they are recorded first of all, and not made again."""
    _posted: int = 0
    _failing: str = ""
    _failures: int = 0
    _timer: Timer | None = None

    async def started(self) -> None:
        """Look at once: the last life may have ended between a code and its post."""
        self._look_in(0.0)

    async def receive(self, message: object) -> object:
        """Handle one message."""
        match message:
            case CodesChanged():
                await self._work()
            case AnnouncerStatus():
                return AnnouncerNumbers(self._posted, self._failing)
            case _:
                return await Actor.receive(self, message)
        return None

    async def stopped(self) -> None:
        """What was posted and is not recorded gets a last chance."""
        with suppress(StoreUnavailable):
            await self._record()

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(seconds, CodesChanged())

    async def _work(self) -> None:
        self._failing = ""
        try:
            await self._record()
            owed = await self._owed()
            for guild_id, items in _by_guild(owed).items():
                await self._post_guild(guild_id, items)
        except StoreUnavailable as away:
            self._failing = f"the store is away: {away}"
        if self._failing:
            self._failures += 1
            self._look_in(min(RETRY_MAX, RETRY_FIRST * 2 ** min(self._failures - 1, 10)))
        else:
            self._failures = 0

    async def _owed(self) -> list[_Owed]:
        await self._have_a_guild()
        posts = {post.key for post in await self._store.find(Post) if post.at is not None}
        codes = await self._store.find(Code, state=CodeState.LIVE.value)
        owed = []
        for guild in sorted(await self._store.find(Guild), key=lambda guild: -guild.priority):
            for channel in guild.channels:
                for code in sorted(codes, key=lambda code: (code.first_seen, code.code)):
                    item = _Owed(guild, channel, code)
                    if _wants(channel, code) and _post(item, 0.0).key not in posts:
                        owed.append(item)
        return owed

    async def _have_a_guild(self) -> None:
        """Before Discord is set up there is one guild: the terminal."""
        if not await self._store.find(Guild):
            channel = Channel(TERMINAL_GUILD, since=0.0)
            await self._store.commit(Put(Guild(TERMINAL_GUILD, "Terminal", channels=(channel,))))

    async def _post_guild(self, guild_id: str, items: list[_Owed]) -> None:
        names = tuple(
            dict.fromkeys(item.code.code for item in items)
        )  # a code once, in however many channels
        extra = {"guild": guild_id, "codes": list(names)}
        if (guild_id, names) not in self._announced:
            self._announced = {(guild_id, names)}
            text = "Found %d new codes for guild %s: [%s]"
            logger.info(text, len(names), guild_id, ", ".join(names), extra=extra)
        posted: set[str] = set()
        for item in items:
            try:
                await self._board.post(item.guild, item.channel, Announcement(item.code), nonce="")
            except PostError as failure:
                self._failing = f"{item.channel.id}: {failure}"
                text = "Could not post %s to %s of guild %s: %s"
                logger.warning(text, item.code.code, item.channel.id, guild_id, failure, extra=extra)
                continue
            # Only now: a post that failed must be tried again, one that succeeded must not.
            post = _post(item, self._clock.now())
            self._unrecorded[post.key] = post
            self._posted += 1
            posted.add(item.code.code)
            await self._record()
        if posted:
            logger.info("Posted %d new codes to guild %s", len(posted), guild_id, extra=extra)

    async def _record(self) -> None:
        if self._unrecorded:
            await self._store.commit(*map(Put, self._unrecorded.values()))
            self._unrecorded.clear()


def _wants(channel: Channel, code: Code) -> bool:
    return code.first_seen >= channel.since and (not channel.games or code.game in channel.games)


def _post(item: _Owed, at: float) -> Post:
    code = item.code
    return Post(item.guild.id, item.channel.id, code.game, code.code, code.activation, at)


def _by_guild(owed: list[_Owed]) -> dict[str, list[_Owed]]:
    guilds: dict[str, list[_Owed]] = defaultdict(list)
    for item in owed:
        guilds[item.guild.id].append(item)
    return guilds
