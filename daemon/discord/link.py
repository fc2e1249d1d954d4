"""The way to Discord for everything that runs in trio: open while the bot is connected, else away."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import hikari
import trio
from attrs import define, field, frozen

from daemon.aio import Loop, LoopEnded, TaskCancelled

T = TypeVar("T")

logger = logging.getLogger("perkd.discord")


class DiscordAway(Exception):  # noqa: N818 - a condition that passes
    """Discord can't be reached now; the text says why."""


@frozen
class Connection:
    """A bot that has started, and its loop. It ends with the bot's incarnation."""

    loop: Loop
    bot: hikari.GatewayBot


@define(eq=False)
class DiscordLink:
    """One for the process. The DiscordActor opens and closes it; adapters go through it."""

    reason: str = "it has not connected yet"
    """Why it is away."""
    _connection: Connection | None = field(default=None, init=False)
    _changed: trio.Event = field(factory=trio.Event, init=False)

    def open(self, connection: Connection) -> None:
        """The bot is there."""
        self._connection, self.reason = connection, ""
        self._pulse()

    def close(self, reason: str) -> None:
        """The bot is gone."""
        self._connection, self.reason = None, reason
        self._pulse()

    @property
    def is_open(self) -> bool:
        """Whether the bot is there now."""
        return self._connection is not None

    def connection(self) -> Connection:
        """The present one. Raises `DiscordAway`."""
        if self._connection is None:
            raise DiscordAway(f"Discord is away: {self.reason}")
        return self._connection

    async def wait_open(self) -> None:
        """Wait until the bot is there."""
        while self._connection is None:
            await self._changed.wait()

    async def keep(self, use: Callable[[Connection], Awaitable[None]], otherwise: str) -> None:
        """For ever: `use` each connection while it lasts. `otherwise` is what is logged of one that ended."""
        while True:
            await self.wait_open()
            try:
                await use(self.connection())
            except (DiscordAway, LoopEnded, TaskCancelled) as error:
                logger.debug("%s for now: %s", otherwise, error)
            await trio.sleep(1.0)  # until the link knows as well

    async def rest(self, ask: Callable[[hikari.api.RESTClient], Awaitable[T]], *, within: float = 30.0) -> T:
        """Have the loop's thread await `ask(rest client)`.

        Raises:
            DiscordAway: there is no connection, it ended meanwhile, no answer came from the network, or not
                within so many seconds. What was asked for may have been done all the same.
            hikari.HTTPResponseError: what Discord answered.
        """
        connection = self.connection()
        try:
            with trio.fail_after(within):
                return await connection.loop.call(ask, connection.bot.rest)
        except hikari.HTTPResponseError:
            raise
        except trio.TooSlowError:
            raise DiscordAway(f"Discord did not answer within {within:g} s") from None
        except (hikari.HTTPError, aiohttp.ClientError, OSError, json.JSONDecodeError) as error:
            raise DiscordAway(f"Discord can't be reached: {str(error) or type(error).__name__}") from error
        except (LoopEnded, TaskCancelled) as error:
            raise DiscordAway(f"Discord is away: {error}") from error
        except Exception as error:
            if self._connection is connection:
                raise
            # A client that closes under a call fails in many ways.
            raise DiscordAway(f"Discord is away: {self.reason}") from error

    def _pulse(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
