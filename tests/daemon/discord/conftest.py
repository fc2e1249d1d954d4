"""What tests of the Discord half share: a stand-in Discord, and a DiscordActor in a tree that talks to it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import define, field

from daemon.clock import SteadyClock
from daemon.discord.actor import DiscordActor, DiscordPorts
from daemon.discord.bot import Account, Register
from daemon.discord.guild_names import GuildNames
from daemon.discord.link import DiscordLink
from daemon.discord.status import DiscordNumbers, DiscordStatus
from daemon.secrets import Secret
from supervision import ActorRef, ActorSpec, Backoff, SupervisorSpec, Tree, open_tree
from supervision.testing import Trace
from tests.worlds.discord import open_discord

PATIENCE = 60.0


async def _run_out_of_time() -> None:
    await trio.sleep(PATIENCE)
    pytest.fail(f"the test took longer than {PATIENCE:g} s")


@pytest.fixture
async def in_time() -> AsyncIterator[None]:
    """Bounds the test. A task that fails cancels it; a fixture's cancel scope would not reach it."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_run_out_of_time)
        yield
        nursery.cancel_scope.cancel()


@pytest.fixture
async def discord(in_time: None) -> AsyncIterator[Any]:
    """A Discord with one server, `Snow`."""
    async with open_discord() as discord:
        discord.add_guild("Snow")
        yield discord


async def until(look: Callable[[], bool]) -> None:
    """Wait until it is so; the fixture `in_time` bounds it."""
    while not look():  # noqa: ASYNC110 - what changes it is a bot in its thread
        await trio.sleep(0.01)


@define(eq=False)
class Running:
    """A DiscordActor that runs in a tree. What waits is bounded by the fixture `in_time`."""

    tree: Tree
    link: DiscordLink
    trace: Trace
    connects: list[float] = field(factory=list)

    @property
    def ref(self) -> ActorRef:
        return self.tree.ref("discord")

    async def numbers(self) -> DiscordNumbers:
        """What it says of itself now."""
        numbers: DiscordNumbers = await self.ref.ask(DiscordStatus())
        return numbers

    async def until(self, holds: Callable[[DiscordNumbers], bool]) -> DiscordNumbers:
        """Wait until what it says of itself is so."""
        while not holds(numbers := await self.numbers()):  # noqa: ASYNC110 - what changes it is a bot in its thread
            await trio.sleep(0.02)
        return numbers

    async def until_state(self, state: str) -> DiscordNumbers:
        """Wait until it is in this state."""
        return await self.until(lambda numbers: numbers.state == state)


@asynccontextmanager
async def open_actor(
    discord: Any,
    *,
    token: str | None = None,
    rest_url: str | None = None,
    register: Sequence[Register] = (),
    start_within: float = 10.0,
    names: GuildNames | None = None,
    vip: bool = False,
) -> AsyncIterator[Running]:
    """A DiscordActor for the length of the block, stopped in order at its end."""
    link, trace, connects = DiscordLink(), Trace(), list[float]()
    account = Account(Secret(token or discord.token), "DISCORD_TOKEN", rest_url or discord.rest_url, vip=vip)
    ports = DiscordPorts(
        account,
        link,
        SteadyClock(),
        register,
        connected=lambda: connects.append(trio.current_time()),
        start_within=start_within,
        names=names,
    )
    spec = ActorSpec("discord", lambda: DiscordActor(ports), grace=20.0, backoff=Backoff(min=0.01, max=0.01))
    async with open_tree(SupervisorSpec("test", [spec], intensity=100, period=60.0), on_event=trace) as tree:
        yield Running(tree, link, trace, connects)
