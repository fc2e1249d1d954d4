"""What the bot's own events tell of it: connected or not, which guilds, which of its listeners failed."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType

import hikari
from attrs import define, evolve, field, frozen

from daemon.discord.status import UnavailableGuild

logger = logging.getLogger("perkd.discord")

QUICK = 10.0
"""Seconds: a gateway that is back so soon was only changed for another one, which Discord does all day."""

ExcInfo = tuple[type[Exception], Exception, TracebackType | None]


@frozen
class Seen:
    """What is known now."""

    name: str = ""
    shards: frozenset[int] = frozenset()
    """Those that are connected."""
    lost_at: float | None = None
    """Since when not all are (Unix seconds), after all were."""
    reconnects: int = 0
    guilds: int = 0
    unavailable: tuple[UnavailableGuild, ...] = ()
    listener_failures: int = 0


@define(eq=False)
class Observer:
    """Listens in the loop's thread, for one bot; `seen` may be asked from any thread.

    Its listeners never await, so that they can't be overtaken by each other.
    """

    now: Callable[[], float]
    """Unix seconds; called in the loop's thread."""
    guild_came: Callable[[], None] = lambda: None
    """Called in the loop's thread when a guild can be used that could not before."""
    guild_named: Callable[[str, str], None] = lambda _guild, _name: None
    """Called in the loop's thread with a guild's id and what it is called now."""
    _seen: Seen = field(factory=Seen, init=False)
    _connects: dict[int, int] = field(factory=dict, init=False)
    _here: dict[int, str] = field(factory=dict, init=False)
    """Guilds that are available, and their names."""
    _gone: dict[int, UnavailableGuild] = field(factory=dict, init=False)
    _names: dict[int, str] = field(factory=dict, init=False)
    _closing: bool = field(default=False, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def listen_to(self, bot: hikari.GatewayBot) -> None:
        """Subscribe to what it tells."""
        bot.subscribe(hikari.StoppingEvent, self._on_stopping)
        bot.subscribe(hikari.ShardReadyEvent, self._on_ready)
        bot.subscribe(hikari.ShardConnectedEvent, self._on_connected)
        bot.subscribe(hikari.ShardDisconnectedEvent, self._on_disconnected)
        bot.subscribe(hikari.GuildAvailableEvent, self._on_guild)
        bot.subscribe(hikari.GuildJoinEvent, self._on_guild)
        bot.subscribe(hikari.GuildUpdateEvent, self._on_update)
        bot.subscribe(hikari.GuildUnavailableEvent, self._on_unavailable)
        bot.subscribe(hikari.GuildLeaveEvent, self._on_leave)
        bot.subscribe(hikari.ExceptionEvent, self._on_exception)

    def seen(self) -> Seen:
        """What is known now."""
        with self._lock:
            return evolve(self._seen, guilds=len(self._here), unavailable=tuple(self._gone.values()))

    # --- the gateway ------------------------------------------------------------------------------

    async def _on_stopping(self, _: hikari.StoppingEvent) -> None:
        self._closing = True

    async def _on_ready(self, event: hikari.ShardReadyEvent) -> None:
        """A new session: what the bot was in before, on this shard, may be over."""
        shard = event.shard
        with self._lock:
            for known in (self._here, self._gone):
                for guild in [one for one in known if (one >> 22) % shard.shard_count == shard.id]:
                    del known[guild]
            for guild_id in event.unavailable_guilds:
                self._gone[int(guild_id)] = self._unavailable(int(guild_id))
            self._seen = evolve(self._seen, name=event.my_user.username)

    async def _on_connected(self, event: hikari.ShardConnectedEvent) -> None:
        with self._lock:
            shard = event.shard.id
            self._connects[shard] = self._connects.get(shard, 0) + 1
            lost_at, shards = self._seen.lost_at, self._seen.shards | {shard}
            whole = shards >= self._connects.keys()
            self._seen = evolve(
                self._seen,
                shards=shards,
                lost_at=None if whole else lost_at,
                reconnects=sum(self._connects.values()) - len(self._connects),
            )
        if lost_at is not None and whole:
            logger.info("Discord's gateway is back after %.0f s", self.now() - lost_at)

    async def _on_disconnected(self, event: hikari.ShardDisconnectedEvent) -> None:
        with self._lock:
            lost_at = self.now() if self._seen.lost_at is None else self._seen.lost_at
            self._seen = evolve(self._seen, shards=self._seen.shards - {event.shard.id}, lost_at=lost_at)
        if not self._closing:
            logger.info("Discord's gateway is lost; hikari connects again")

    # --- guilds -----------------------------------------------------------------------------------

    async def _on_guild(self, event: hikari.GuildAvailableEvent | hikari.GuildJoinEvent) -> None:
        guild = int(event.guild_id)
        with self._lock:
            self._here[guild] = self._names[guild] = event.guild.name
            self._gone.pop(guild, None)
        if isinstance(event, hikari.GuildJoinEvent):
            logger.info("The bot was added to server %s (%s)", guild, event.guild.name)
        self.guild_named(str(guild), event.guild.name)
        self.guild_came()

    async def _on_update(self, event: hikari.GuildUpdateEvent) -> None:
        guild, name = int(event.guild_id), event.guild.name
        with self._lock:
            self._names[guild] = name
            if guild in self._here:
                self._here[guild] = name
        self.guild_named(str(guild), name)

    async def _on_unavailable(self, event: hikari.GuildUnavailableEvent) -> None:
        guild = int(event.guild_id)
        with self._lock:
            self._here.pop(guild, None)
            self._gone[guild] = self._unavailable(guild)
        logger.warning("Server %s is unavailable at Discord", guild)

    async def _on_leave(self, event: hikari.GuildLeaveEvent) -> None:
        guild = int(event.guild_id)
        with self._lock:
            self._here.pop(guild, None)
            self._gone.pop(guild, None)
            name = self._names.pop(guild, "")
        logger.warning("The bot is no more in server %s (%s); what was set up there is kept", guild, name)

    def _unavailable(self, guild: int) -> UnavailableGuild:
        return UnavailableGuild(str(guild), self._names.get(guild, ""), self.now())

    # --- listeners --------------------------------------------------------------------------------

    async def _on_exception(self, event: hikari.ExceptionEvent[hikari.Event]) -> None:
        """Without somebody who listens to this event, what a listener raises is hikari's to log."""
        with self._lock:
            self._seen = evolve(self._seen, listener_failures=self._seen.listener_failures + 1)
        logger.error(
            "A listener failed inside perkd: %s at %s",
            getattr(event.failed_callback, "__qualname__", repr(event.failed_callback)),
            type(event.failed_event).__name__,
            exc_info=event.exc_info,
        )
