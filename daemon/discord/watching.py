"""WatchActor: reads codes from channels that admins had it watch, and reacts to say what it did."""

import logging
from collections import OrderedDict
from collections.abc import Sequence

import hikari
import trio
from attrs import define, evolve, field, frozen

from actors.giftcodes.model import Guild, Watched
from actors.giftcodes.spotting import spot
from actors.ports import Put, StoreUnavailable
from daemon.aio import Outlet
from daemon.discord.answering import described
from daemon.discord.hearing import Ear, Heard, heard_since
from daemon.discord.link import Connection, DiscordAway, DiscordLink
from daemon.discord.recording import record
from daemon.discord.rights import Staff
from daemon.service import Service
from supervision import Actor, ActorRef

logger = logging.getLogger("perkd.discord")

UNREAD = "❓"
"""The reaction to an admin's `Code:` without a code; for those with one see `recording.py`."""

LOOK_EVERY = 30.0
"""Seconds between two looks at which channels are watched, if nobody tells of a change."""
OLDEST = 24 * 3600.0
"""Seconds back that a channel is read after downtime; see also `hearing.MOST_MESSAGES`."""
TROUBLE_EVERY = 300.0
"""Seconds until a channel that can't be read is tried again."""
REACT_WITHIN = 10.0
MOST_CRASHES = 3
"""Crashes on one message, then it is set aside."""
_WAITING = 200
"""Messages that may wait; of more, the channel's history is read afterwards."""
_REMEMBERED = 1000


@frozen
class WatchesChanged:
    """Admins watch other channels now."""


@frozen
class WatchStatus:
    """Asks for `WatchNumbers`."""


@frozen
class WatchNumbers:
    """How the watching is going, in this life of the actor."""

    channels: int
    codes: int
    """Codes read, those that were known included."""
    troubles: tuple[tuple[str, str, str], ...]
    """Guild, channel and reason, of channels that can't be read."""


@frozen
class WatchPorts:
    """What the actor is given."""

    link: DiscordLink
    service: Service
    """The process's: its lock keeps apart what this actor and admins change of a guild."""
    campaign: ActorRef
    staff: Staff
    suspects: dict[str, int] = field(factory=dict)
    """Messages that are being read, and how often that was begun: outlives the incarnations."""


@frozen
class _Watch:
    """A watched channel, and whose it is."""

    guild: str
    channel: Watched


@define(eq=False)
class WatchActor(Actor):
    """Listens while the bot is connected, and reads up what was said while it was not.

    A message counts as read when the campaign has recorded its codes: until then nothing else is read. What
    was missed by a crash, a restart or a new session at the gateway is read from the channels' history.
    """

    _ports: WatchPorts
    _watches: dict[str, _Watch] = field(factory=dict, init=False)
    """Channel → its watch."""
    _channels: frozenset[str] = field(default=frozenset(), init=False)
    """The channels alone: read in the loop's thread as well, so it is replaced, never changed."""
    _unread: dict[str, float] = field(factory=dict, init=False)
    """Channels whose history is to be read, not before this moment of trio's clock."""
    _troubles: dict[str, str] = field(factory=dict, init=False)
    _done: OrderedDict[str, None] = field(factory=OrderedDict, init=False)
    _codes: int = field(default=0, init=False)
    _changed: bool = field(default=True, init=False)
    _pause: trio.CancelScope = field(factory=trio.CancelScope, init=False)

    async def started(self) -> None:
        """Acknowledge at once: the bot may be away for hours."""
        self.start_soon(self._ports.link.keep, self._listen, "No channel is watched")

    async def receive(self, message: object) -> object:
        """Look at the channels again, or tell how it is going."""
        match message:
            case WatchesChanged():
                self._changed = True
                self._pause.cancel()
                return None
            case WatchStatus():
                return self._numbers()
            case _:
                return await super().receive(message)

    def _numbers(self) -> WatchNumbers:
        troubles = [
            (watch.guild, channel, self._troubles[channel])
            for channel, watch in self._watches.items()
            if channel in self._troubles
        ]
        return WatchNumbers(len(self._watches), self._codes, tuple(troubles))

    # --- as long as there is a bot ----------------------------------------------------------------

    async def _listen(self, connection: Connection) -> None:
        loop = connection.loop
        outlet: Outlet[Heard | None] = loop.from_asyncio(_WAITING)
        with outlet:
            ear = Ear(connection.bot, outlet, self._ports.staff, lambda: self._channels)
            await loop.sync(ear.listen)
            self._unread.clear()
            self._watches, self._changed = {}, True
            while True:
                await self._look()
                if ear.missed:
                    ear.missed = False
                    self._unread = dict.fromkeys(self._watches, 0.0)
                await self._read_up()
                heard = None
                with trio.move_on_after(LOOK_EVERY) as self._pause:
                    if not self._changed:
                        heard = await outlet.receive()
                if heard is not None:
                    await self._take(heard)

    async def _look(self) -> None:
        """Which channels are watched? Of those that are new to us the history is read."""
        self._changed = False  # before the read: what changes during it leads to another
        try:
            guilds = await self._ports.service.store.find(Guild)
        except StoreUnavailable:
            return  # the next look will tell
        watches = {one.id: _Watch(guild.id, one) for guild in guilds for one in guild.watched}
        for channel in watches.keys() - self._watches.keys():
            self._unread[channel] = 0.0
        for channel in self._watches.keys() - watches.keys():
            self._unread.pop(channel, None)
            self._troubles.pop(channel, None)
        self._watches, self._channels = watches, frozenset(watches)

    # --- what was missed --------------------------------------------------------------------------

    async def _read_up(self) -> None:
        now = trio.current_time()
        for channel in [channel for channel, at in self._unread.items() if at <= now]:
            watch = self._watches[channel]
            try:
                missed = await self._history(watch)
            except (hikari.ForbiddenError, hikari.NotFoundError) as error:
                self._say_trouble(
                    watch, f"{described(error)}: perkd needs View Channel and Read Message History"
                )
            except hikari.HTTPError as error:
                self._say_trouble(watch, described(error))
            else:
                self._unread.pop(channel)
                self._troubles.pop(channel, None)
                for heard in missed:
                    await self._take(heard)

    async def _history(self, watch: _Watch) -> list[Heard]:
        """The newest messages of the channel since it was last read, oldest first."""
        since = max(watch.channel.since, self._ports.service.clock.now() - OLDEST)
        own = self._ports.link.connection().bot.get_me()

        async def read(rest: hikari.api.RESTClient) -> list[Heard]:
            return await heard_since(rest, watch.channel.id, own.id if own is not None else 0, since)

        return await self._ports.link.rest(read)

    def _say_trouble(self, watch: _Watch, reason: str) -> None:
        channel = watch.channel.id
        self._unread[channel] = trio.current_time() + TROUBLE_EVERY
        if self._troubles.get(channel) != reason:
            text = "⚠️ Channel %s of server %s can't be read for codes: %s"
            logger.warning(text, channel, watch.guild, reason, extra={"guild": watch.guild, "reason": reason})
        self._troubles[channel] = reason

    # --- one message ------------------------------------------------------------------------------

    async def _take(self, heard: Heard) -> None:
        """Read one message, unless it was read, or has crashed us too often."""
        watch, suspects = self._watches.get(heard.channel), self._ports.suspects
        if watch is None or heard.message in self._done:
            return
        if suspects.get(heard.message, 0) < MOST_CRASHES:
            suspects[heard.message] = suspects.get(heard.message, 0) + 1
            await self._read(watch, heard)
            del suspects[heard.message]
        else:
            text = "Message %s in channel %s was being read at %d crashes: it is set aside"
            logger.error(text, heard.message, heard.channel, MOST_CRASHES)
        self._done[heard.message] = None
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)

    async def _read(self, watch: _Watch, heard: Heard) -> None:
        sighting = spot(heard.content, heard.parts)
        if sighting.codes:
            ports, channel = self._ports, watch.channel
            reactions = await record(ports.service.store, ports.campaign, channel, sighting.codes)
            self._codes += len(sighting.codes)
            await self._react(heard, reactions)
            await self._move_on(watch, heard.at)
        elif sighting.attempted and heard.by_admin:
            await self._react(heard, [UNREAD])

    async def _react(self, heard: Heard, reactions: Sequence[str]) -> None:
        """Show what was done. What was done is done, whether or not that can be shown."""

        async def add(rest: hikari.api.RESTClient) -> None:
            for reaction in reactions:
                await rest.add_reaction(int(heard.channel), int(heard.message), reaction)

        try:
            await self._ports.link.rest(add, within=REACT_WITHIN)
        except (DiscordAway, hikari.HTTPError) as error:
            text = "Message %s in channel %s got no reaction: %s"
            logger.info(text, heard.message, heard.channel, described(error))

    async def _move_on(self, watch: _Watch, at: float) -> None:
        """Record that the channel is read so far. Reading it twice does no harm, so this may fail."""
        service = self._ports.service
        try:
            async with service.lock:
                guild = await service.store.get(Guild, watch.guild)
                if guild is None:
                    return
                watched = tuple(
                    evolve(one, since=max(one.since, at)) if one.id == watch.channel.id else one
                    for one in guild.watched
                )
                if watched != guild.watched:
                    await service.store.commit(Put(evolve(guild, watched=watched)))
        except StoreUnavailable:
            logger.debug("How far channel %s is read is not recorded", watch.channel.id)
