"""The real hikari REST client against the stand-in, asked from trio."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import hikari
from attrs import frozen

from daemon.aio import Loop, open_loop
from tests.worlds.discord import Discord

T = TypeVar("T")


@frozen
class Asking:
    """Calls `ask(rest)` in the client's own loop."""

    loop: Loop
    rest: Any

    async def __call__(self, ask: Callable[[Any], Awaitable[T]]) -> T:
        return await self.loop.call(ask, self.rest)


async def _open(url: str, token: str, retries: int) -> tuple[hikari.RESTApp, Any]:
    app = hikari.RESTApp(url=url, max_retries=retries)
    await app.start()
    rest = app.acquire(token, hikari.TokenType.BOT)
    rest.start()
    return app, rest


async def _close(app: hikari.RESTApp, rest: Any) -> None:
    await rest.close()
    await app.close()


@asynccontextmanager
async def open_rest(
    discord: Discord, *, token: str | None = None, retries: int = 0
) -> AsyncGenerator[Asking]:
    """A client that repeats what fails so many times."""
    async with open_loop("rest") as loop:
        app, rest = await loop.call(_open, discord.rest_url, token or discord.token, retries)
        try:
            yield Asking(loop, rest)
        finally:
            await loop.call(_close, app, rest)
