"""Telethon's client as perkd uses it, and requests with a deadline. All of it runs in the loop's thread."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from telethon import TelegramClient  # type: ignore[import-untyped]
from telethon.tl import types  # type: ignore[import-untyped]

from actors.vip.ports import Unreachable
from daemon.telegram.errors import translate
from daemon.telegram.values import Application

logger = logging.getLogger("perkd.telegram")

T = TypeVar("T")

CONNECT_WITHIN = 40.0
REQUEST_WITHIN = 30.0
"""Seconds. Telethon's own requests wait for ever."""

_LOGS = "perkd.telethon"
_TALKATIVE = (
    "network.mtprotosender",
    "network.connection.connection",
    "client.users",
    "client.telegrambaseclient",
)
_SAID_BY_PERKD = (
    "Automatic reconnection failed",
    "Attempt %d at connecting",
    "Server closed the connection",
    "Telegram is having internal issues",
)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether perkd does not say the same itself."""
    error = record.exc_info[1] if record.exc_info else None
    return not str(record.msg).startswith(_SAID_BY_PERKD) and not isinstance(error, sqlite3.Error)


def quieten() -> None:
    """Below WARNING, Telethon logs what messages say."""
    logging.getLogger(_LOGS).setLevel(logging.WARNING)
    for name in _TALKATIVE:
        logging.getLogger(f"{_LOGS}.{name}").addFilter(_is_news)


class Client(TelegramClient):  # type: ignore[misc]  # Telethon has no types
    """Telethon's client, which tells what its own update handling drops.

    Of a difference (what happened while it was not connected, or in a gap) it tells new messages only: edits
    and deletions are sorted out, because by then its state is that behind the difference.
    """

    on_missed: Callable[[list[Any]], None] | None = None
    """Gets the updates of each difference that Telethon has asked for."""

    async def __call__(self, asked: Any, *args: Any, **fields: Any) -> Any:
        """Make a request; see Telethon."""
        answer = await super().__call__(asked, *args, **fields)
        if isinstance(answer, types.updates.Difference | types.updates.DifferenceSlice) and self.on_missed:
            self.on_missed(answer.other_updates)
        return answer


def new_client(session: Path, application: Application, *, retries: int = 0) -> Client:
    """A client for one connection; `retries` is for requests that Telegram has trouble with.

    - No automatic reconnect: it would repeat requests by itself, catch up on nothing, and not notice a ban. A
      connection that is lost is an end; the next one is made with a new client.
    - `catch_up`: what happened since the session file was last written is told to the handlers.
    - `sequential_updates`: handlers get one after the other, in order.
    - `flood_sleep_threshold=0`: flood waits are told, not slept through.
    """
    quieten()
    client = Client(
        str(session),
        application.api_id,
        application.api_hash.reveal(),
        timeout=10,
        connection_retries=0,
        request_retries=retries,
        raise_last_call_error=True,
        auto_reconnect=False,
        sequential_updates=True,
        catch_up=True,
        flood_sleep_threshold=0,
        device_model="perkd",
        system_version="server",
        app_version=application.version,
        base_logger=_LOGS,
    )
    client.parse_mode = None
    return client


async def close(client: TelegramClient) -> None:
    """Disconnect; the session file is written. Where it can't be, that is logged."""
    try:
        await client.disconnect()
    except sqlite3.Error as error:
        logger.warning("a Telegram session file could not be written: %s", error)
    ended = client.disconnected
    if ended.done() and not ended.cancelled():
        ended.exception()  # known already; asyncio would complain that nobody looked


async def bounded(within: float, ask: Callable[..., Awaitable[T]], *args: object, **fields: object) -> T:
    """Await `ask(…)`, at most so many seconds.

    Raises:
        Trouble: of the port; a lost connection and a missed deadline are `Unreachable`.
    """
    try:
        async with asyncio.timeout(within):
            return await ask(*args, **fields)
    except asyncio.CancelledError:
        # Telethon cancels what waits for an answer when it closes: that is no cancellation of ours.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Unreachable("the connection to Telegram was closed") from None
    except TimeoutError:
        raise Unreachable(f"Telegram did not answer within {within:g} s") from None
    except Exception as error:
        trouble = translate(error)
        if trouble is None:
            raise
        raise trouble from error


async def request(client: TelegramClient, asked: Any, within: float = REQUEST_WITHIN) -> Any:
    """Make one request. Raises as `bounded` does."""
    return await bounded(within, client, asked)
