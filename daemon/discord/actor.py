"""DiscordActor: has the bot connected, for as long as that is possible; and tries again when it is not."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import trio
from attrs import define, field, frozen

from actors.ports import Clock
from daemon.aio import Loop, LoopEnded, TaskCancelled, open_loop
from daemon.discord.bot import Account, Admission, Bot, Register, ask_admission, make_bot
from daemon.discord.guild_names import GuildNames
from daemon.discord.intents import meaning_of, switched_off
from daemon.discord.link import Connection, DiscordLink
from daemon.discord.observer import Observer, Seen
from daemon.discord.status import DiscordNumbers, DiscordStatus
from daemon.discord.trouble import BotEnded, NotInTime, Trouble, backoff, trouble_of
from supervision import Actor

logger = logging.getLogger("perkd.discord")

START_WITHIN = 30.0
"""Seconds that the bot has to connect: hikari tries a gateway that refuses for ever."""
CLOSE_WITHIN = 5.0
"""Seconds that the bot has to close; then its loop ends under it."""
STEADY = 60.0
"""Seconds connected after which the next failure counts as the first one again."""
ANSWER_WITHIN = 0.1
"""Seconds that the loop's thread has to tell the latency."""


@frozen
class DiscordPorts:
    """What the actor is given."""

    account: Account
    link: DiscordLink
    clock: Clock
    register: Sequence[Register] = ()
    """What adds commands and listeners to each new bot."""
    connected: Callable[[], None] = lambda: None
    """Called each time the bot has connected anew."""
    guild_came: Callable[[], None] = lambda: None
    """Called when the bot, while it is connected, can use a guild that it could not use before."""
    names: GuildNames | None = None
    """Told what guilds are called."""
    start_within: float = START_WITHIN


@frozen
class _Live:
    """An attempt that has come as far as to have a bot."""

    loop: Loop
    bot: Bot
    admission: Admission


@define(eq=False)
class DiscordActor(Actor):
    """One bot at a time, each with a loop and a thread of its own.

    It acknowledges its start before the bot is connected. A gateway that is lost later is hikari's to mend;
    a bot that closed for good is replaced. What is expected to keep the bot away (the network, Discord's own
    faults, a wrong token) is no crash; anything else is one.
    """

    _ports: DiscordPorts
    _state: str = field(default="connecting", init=False)
    _since: float = field(init=False)
    _trouble: Trouble | None = field(default=None, init=False)
    _next_attempt: float | None = field(default=None, init=False)
    _live: _Live | None = field(default=None, init=False)
    _reconnects: int = field(default=0, init=False)
    """Of the bots before the present one, and their replacements."""
    _running: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _over: trio.Event = field(factory=trio.Event, init=False)

    def __attrs_post_init__(self) -> None:
        self._since = self._ports.clock.now()

    async def started(self) -> None:
        """Begin to connect."""
        if self._ports.names is not None:
            self.start_soon(self._ports.names.keep)
        self.start_soon(self._run)

    async def receive(self, message: object) -> object:
        """Handle one message."""
        match message:
            case DiscordStatus():
                return await self._numbers()
            case _:
                return await Actor.receive(self, message)

    async def stopped(self) -> None:
        """Close the bot."""
        self._running.cancel()
        await self._over.wait()

    # --- connecting, again and again --------------------------------------------------------------

    async def _run(self) -> None:
        failures = 0
        try:
            with self._running:
                while True:
                    began = trio.current_time()
                    trouble = await self._attempt()
                    steady = self._state == "connected" and trio.current_time() - began >= STEADY
                    failures = 1 if steady else failures + 1
                    await self._wait(trouble, failures)
        finally:
            self._ports.link.close("perkd's part for Discord has stopped")
            self._over.set()

    async def _attempt(self) -> Trouble:
        """Connect once; returns when that failed, or when the connection is gone."""
        self._turn("connecting")
        failure: Exception = BotEnded()
        try:
            await self._live_once()
        except LoopEnded:
            raise
        except Exception as error:  # noqa: BLE001 - what was not to be expected is raised again
            failure = error
        finally:
            self._live = None
        account = self._ports.account
        trouble = trouble_of(failure, variable=account.variable, rest_url=account.rest_url)
        if trouble is None:
            raise failure
        return trouble

    async def _live_once(self) -> None:
        ports = self._ports
        async with open_loop("discord") as loop:
            with _deadline(ports.start_within, "Discord's REST API did not answer"):
                admission = await loop.call(ask_admission, ports.account)
            async with self._bot(loop, admission) as bot:
                with _deadline(
                    ports.start_within + admission.extra, "Discord's gateway did not let the bot in"
                ):
                    await loop.call(bot.start)
                self._greet(loop, bot, admission)
                await loop.call(bot.serve)

    @asynccontextmanager
    async def _bot(self, loop: Loop, admission: Admission) -> AsyncIterator[Bot]:
        """A new bot, closed at the end, however far it has come."""
        ports = self._ports
        token = trio.lowlevel.current_trio_token()
        observer = Observer(
            _for_any_thread(ports.clock),
            lambda: token.run_sync_soon(self._guild_came, idempotent=True),
            lambda guild, name: token.run_sync_soon(self._guild_named, guild, name),
        )
        bot = await loop.sync(make_bot, ports.account, admission, ports.register, loop, observer)
        self._live = _Live(loop, bot, admission)
        try:
            yield bot
        finally:
            if ports.link.is_open:
                ports.link.close("the bot is disconnecting")
            self._reconnects += observer.seen().reconnects
            with trio.move_on_after(CLOSE_WITHIN, shield=True):
                try:
                    await loop.call(bot.close)
                except (LoopEnded, TaskCancelled) as error:
                    logger.warning("Discord's bot could not be closed: %s", error)

    def _greet(self, loop: Loop, bot: Bot, admission: Admission) -> None:
        seen = bot.observer.seen()
        self._turn("connected")
        self._ports.link.open(Connection(loop, bot.gateway))
        count = seen.guilds + len(seen.unavailable)
        servers = f"{count} server" if count == 1 else f"{count} servers"
        logger.info("🤖 Connected to Discord as %s, which is in %s", seen.name, servers)
        vip = self._ports.account.vip
        for name in switched_off(admission.intents, vip=vip):
            say = logger.warning if vip else logger.info
            say("%s Intent is off: %s until it is on", name, meaning_of(name, vip=vip))
        self._ports.connected()

    def _guild_came(self) -> None:
        if self._ports.link.is_open:  # while the bot connects all of them come
            self._ports.guild_came()

    def _guild_named(self, guild: str, name: str) -> None:
        if self._ports.names is not None:
            self._ports.names.note(guild, name)

    async def _wait(self, trouble: Trouble, failures: int) -> None:
        ports = self._ports
        wait = backoff(failures) if trouble.wait is None else trouble.wait
        known = self._trouble is not None and self._trouble.text == trouble.text and failures > 1
        self._trouble, self._next_attempt = trouble, ports.clock.now() + wait
        self._turn("away")
        ports.link.close(trouble.text)
        if not known:
            say = logger.error if trouble.by_hand else logger.warning
            say("Discord is away, the rest of perkd goes on: %s; next attempt in %.0f s", trouble.text, wait)
        await trio.sleep(wait)

    def _turn(self, state: str) -> None:
        if state != "away":
            self._next_attempt = None
        self._state, self._since = state, self._ports.clock.now()

    # --- how it stands ----------------------------------------------------------------------------

    async def _numbers(self) -> DiscordNumbers:
        live, trouble = self._live, self._trouble
        if live is None:
            reason = "" if trouble is None else trouble.text
            return DiscordNumbers(self._state, self._since, reason, self._next_attempt)
        seen = live.bot.observer.seen()
        latency, stuck = await _latency(live)
        state, since = self._shown(seen)
        return DiscordNumbers(
            state=state,
            since=since,
            name=seen.name,
            shards=live.admission.shards,
            guilds=seen.guilds,
            unavailable=seen.unavailable,
            latency=latency,
            reconnects=self._reconnects + seen.reconnects,
            listener_failures=seen.listener_failures,
            switched_off=switched_off(live.admission.intents, vip=self._ports.account.vip),
            vip=self._ports.account.vip,
            commands=live.bot.commands if state == "connected" else "",
            stuck=stuck,
        )

    def _shown(self, seen: Seen) -> tuple[str, float]:
        if self._state == "connected" and seen.lost_at is not None:
            return "reconnecting", seen.lost_at
        return self._state, self._since


def _for_any_thread(clock: Clock) -> Callable[[], float]:
    """The same time, which may be asked in the loop's thread; the clock itself needs trio's."""
    offset = clock.now() - time.monotonic()
    return lambda: offset + time.monotonic()


@contextmanager
def _deadline(seconds: float, what: str) -> Iterator[None]:
    try:
        with trio.fail_after(seconds):
            yield
    except trio.TooSlowError:
        raise NotInTime(f"{what} within {seconds:g} s") from None


async def _latency(live: _Live) -> tuple[float | None, bool]:
    """The latency, and whether the loop's thread is stuck."""
    with trio.move_on_after(ANSWER_WITHIN):
        try:
            return await live.loop.sync(live.bot.latency), False
        except LoopEnded:
            return None, False
    return None, True
