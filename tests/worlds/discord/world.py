"""A whole Discord that the real libraries talk to: its state, REST and gateway on ports of 127.0.0.1."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field
from starlette.routing import Route

from tests.worlds.discord.faults import Fault, Faults
from tests.worlds.discord.gateway import Gateway, open_gateway
from tests.worlds.discord.member_actions import Interactions
from tests.worlds.discord.rate_limits import RateLimits
from tests.worlds.discord.rest import PREFIX, Rest
from tests.worlds.discord.serving import serve
from tests.worlds.discord.state import World


@define(eq=False)
class Discord(World):
    """What a test works with; guilds, channels and members come from `add_guild` and what that returns."""

    faults: Faults = field(factory=Faults)
    limits: RateLimits = field(factory=RateLimits)
    requests: list[tuple[str, str, int]] = field(factory=list)
    """Method, path (without `/api/v10`) and status of each answer; 0 where it was cut off."""
    gateway: Gateway = field(init=False)
    interactions: Interactions = field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.interactions = Interactions(self)

    def intents_allowed(self, *, message_content: bool = True, members: bool = True) -> None:
        """Switch the privileged intents on the application's page."""
        self.application.message_content, self.application.members = message_content, members

    @property
    def clock_offset(self) -> float:
        """Seconds that Discord's clock is ahead; see `later`."""
        return self.clock.offset

    @clock_offset.setter
    def clock_offset(self, seconds: float) -> None:
        self.clock.offset = seconds

    def asked(self, method: str, path: str) -> list[int]:
        """The statuses of all requests like this one; `*` stands for a part of the path."""
        pattern = Fault(method, path)
        return [status for found, where, status in self.requests if pattern.meets(found, where)]


@asynccontextmanager
async def open_discord(
    port: int = 0, *, control: Callable[[Discord], Route] | None = None, **fields: Any
) -> AsyncGenerator[Discord]:
    """A Discord for the length of the block, empty but for its application and bot.

    `port` is REST's; `control` makes a route beside it; `fields` are the Discord's own.
    """
    discord = Discord(**fields)
    rest = Rest(discord, discord.faults, discord.limits, discord.requests)
    app = rest.app(*([control(discord)] if control else []))
    async with open_gateway(discord), trio.open_nursery() as nursery:
        bound = await nursery.start(serve, app, port)
        discord.rest_url = f"http://127.0.0.1:{bound}{PREFIX}"
        yield discord
        discord.faults.clear()
        nursery.cancel_scope.cancel()
