"""What tests of VIP threads on Discord share: a server for them, and one such thread."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.worlds.discord_threads import Stage, open_stage


@pytest.fixture
async def stage(discord: Any) -> AsyncIterator[Stage]:
    async with open_stage(discord) as stage:
        yield stage


@pytest.fixture
async def thread(stage: Stage) -> Any:
    return await stage.open()
