"""What tests of the asyncio bridge share."""

from collections.abc import AsyncIterator

import pytest
import trio

from daemon.aio import Loop, open_loop

PATIENCE = 20.0
SHORT = 0.05


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
async def loop(in_time: None) -> AsyncIterator[Loop]:
    """A loop that waits for its cancelled calls for longer than a busy machine holds them up."""
    async with open_loop("test") as loop:
        yield loop


@pytest.fixture
async def hasty_loop(in_time: None) -> AsyncIterator[Loop]:
    """A loop whose cancelled calls are left behind soon."""
    async with open_loop("test", cancel_within=SHORT) as loop:
        yield loop
