"""One bot for one incarnation: hikari's GatewayBot and lightbulb's client, on asyncio's side.

Both are used once: a bot that has closed is replaced by a new one, in a new loop.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import hikari
import lightbulb
from attrs import define, field, frozen
from hikari.impl import CacheSettings, HTTPSettings

from daemon.aio import Loop
from daemon.discord.buckets import use_cancellable_buckets
from daemon.discord.intents import intents_for
from daemon.discord.observer import Observer
from daemon.discord.post_failures import NETWORK, in_short
from daemon.discord.sessions import close_sessions
from daemon.discord.trouble import BadToken, StartsSpent, backoff
from daemon.secrets import Secret

logger = logging.getLogger("perkd.discord")

Client = lightbulb.GatewayEnabledClient

Register = Callable[[Client, hikari.GatewayBot, Loop], None]
"""Adds commands and listeners to a bot that has not started. Called in the loop's thread."""

CACHED = hikari.api.CacheComponents.ME | hikari.api.CacheComponents.GUILDS | hikari.api.CacheComponents.ROLES
"""What hikari keeps in memory: the names of guilds and roles. All else is in the events themselves."""

_WINDOW = 5.0
"""Seconds between two windows in which shards may start."""


@frozen
class Account:
    """As whom the bot connects."""

    token: Secret
    variable: str
    """The environment variable that holds the token."""
    rest_url: str
    vip: bool = False
    """VIP threads are switched on: one more intent is asked for."""


@frozen
class Admission:
    """What Discord says of the application before its bot connects."""

    intents: hikari.Intents
    shards: int
    extra: float
    """Seconds that the start takes longer because of several shards."""


async def ask_admission(account: Account) -> Admission:
    """Ask which intents the bot may have, and whether it may start a session now.

    Raises:
        BadToken: the token can't be one.
        StartsSpent: Discord lets the bot start no session now.
        hikari.HikariError: what Discord answered instead; `aiohttp.ClientError`, `OSError` of the network.
    """
    app = hikari.RESTApp(url=account.rest_url, max_retries=0)
    await app.start()
    try:
        token = check_token(account.token)
        async with app.acquire(token, hikari.TokenType.BOT) as rest:
            application = await rest.fetch_application()
            gateway = await rest.fetch_gateway_bot_info()
    finally:
        await app.close()
    limit = gateway.session_start_limit
    if limit.remaining < gateway.shard_count:
        raise StartsSpent(limit.reset_after.total_seconds())
    windows = -(-gateway.shard_count // max(limit.max_concurrency, 1))
    intents = intents_for(application.flags, vip=account.vip)
    return Admission(intents, gateway.shard_count, (windows - 1) * 2 * _WINDOW)


def check_token(token: Secret) -> str:
    """The token. Raises `BadToken`, which says nothing of it."""
    value = token.reveal().strip()
    try:
        hikari.applications.get_token_id(value)
    except ValueError:
        raise BadToken from None
    if value.count(".") < 2 or not value.isascii() or any(map(str.isspace, value)):  # noqa: PLR2004 - id.time.mac
        raise BadToken
    return value


@define(eq=False)
class Bot:
    """A bot that has not started yet. All of it belongs to the loop's thread, but `observer.seen`."""

    gateway: hikari.GatewayBot
    client: Client
    observer: Observer
    commands: str = field(default="", init=False)
    """Why Discord does not take the commands as they are now; "" where it does, or is still being asked."""

    async def start(self) -> None:
        """Connect; returns when every shard is ready. Without a deadline: hikari tries again for ever."""
        # Commands are known before the first event comes. Discord is told of them afterwards: it knows those
        # of the last time, and a bot without new ones is better than none.
        self.client.sync_commands = False
        await self.client.start()
        self.client.sync_commands = True
        await self.gateway.start(check_for_updates=False)

    async def serve(self) -> None:
        """Have the commands registered, and wait until the bot is gone for good.

        Raises:
            hikari.GatewayServerClosedConnectionError: the gateway closed for good.
        """
        syncing = asyncio.create_task(self._sync_commands(), name="commands to Discord")
        joining = asyncio.create_task(self.gateway.join(), name="bot")
        try:
            done, _ = await asyncio.wait({syncing, joining}, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in (syncing, joining):
                task.cancel()
            await asyncio.gather(syncing, joining, return_exceptions=True)

    async def close(self) -> None:
        """Close whatever is open, also of a start that was given up."""
        _say_no_more_of_the_gateway()
        with suppress(hikari.ComponentStateConflictError):  # it has not come so far
            await self.gateway.close()
        await self.client.stop()
        await _end_shards()
        await close_sessions()

    def latency(self) -> float | None:
        """Seconds between a heartbeat and its answer; None before the first one."""
        latency = self.gateway.heartbeat_latency
        return latency if latency == latency else None  # noqa: PLR0124 - NaN is not itself

    async def _sync_commands(self) -> None:
        failures = 0
        while True:
            try:
                await self.client.sync_application_commands()
            except NETWORK as error:
                failures += 1
                told, self.commands = self.commands, _refusal(error)
                if self.commands != told:
                    logger.warning("Discord does not take perkd's commands: %s", self.commands)
                await asyncio.sleep(backoff(failures))
            else:
                self.commands = ""
                return


def _say_no_more_of_the_gateway() -> None:
    """Of a gateway that closed for good hikari tells once more while it closes: `serve` has told already."""
    loop = asyncio.get_running_loop()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), hikari.GatewayServerClosedConnectionError):
            (before or asyncio.AbstractEventLoop.default_exception_handler)(loop, context)

    before = loop.get_exception_handler()
    loop.set_exception_handler(handle)  # the loop ends with its bot


async def _end_shards() -> None:
    """End what a start that was given up has left: hikari (2.6.0) forgets shards that never started."""
    # Their tasks are called "keep alive (shard 0)", "poll events (shard 0)", "heartbeat (shard 0)".
    shards = [task for task in asyncio.all_tasks() if "(shard " in task.get_name()]
    for task in shards:
        task.cancel()
    await asyncio.gather(*shards, return_exceptions=True)


def _refusal(error: Exception) -> str:
    """What Discord answered, without the address."""
    if isinstance(error, hikari.HTTPResponseError):
        return f"HTTP {int(error.status)} {error.message}".rstrip()
    return in_short(error)


def make_bot(
    account: Account, admission: Admission, register: Sequence[Register], loop: Loop, observer: Observer
) -> Bot:
    """A new bot. To be called in the loop's thread."""
    use_cancellable_buckets()
    gateway = hikari.GatewayBot(
        check_token(account.token),
        allow_color=False,
        banner=None,
        suppress_optimization_warning=True,
        logs=None,
        intents=admission.intents,
        auto_chunk_members=False,
        cache_settings=CacheSettings(components=CACHED),
        http_settings=HTTPSettings(),
        rest_url=account.rest_url,
    )
    client = lightbulb.client_from_app(gateway)
    observer.listen_to(gateway)
    for add in register:
        add(client, gateway, loop)
    return Bot(gateway, client, observer)
