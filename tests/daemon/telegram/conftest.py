"""An account, the stand-in it connects to, and what it tells."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from daemon.aio import Loop, open_loop
from daemon.secrets import Secret
from daemon.telegram.account import Account
from daemon.telegram.values import Application, Connected
from tests.worlds.telegram import DataCentre, open_telegram
from tests.worlds.telegram_line import QUICK, Line


@pytest.fixture
async def telegram(nursery: trio.Nursery) -> AsyncIterator[DataCentre]:
    """Bounds the test, too: a task that fails cancels it."""
    nursery.start_soon(_run_out_of_time)
    async with open_telegram() as centre:
        yield centre


@pytest.fixture
async def loop() -> AsyncIterator[Loop]:
    async with open_loop("telegram") as opened:
        yield opened


@pytest.fixture
def application(telegram: DataCentre) -> Application:
    return Application(telegram.api_id, Secret(telegram.api_hash), "0.0.1")


@pytest.fixture
def desk_1(telegram: DataCentre):
    return telegram.add_account("desk-1")


@pytest.fixture
def session(tmp_path: Path, telegram: DataCentre, desk_1) -> Path:
    return telegram.write_session(tmp_path / "desk-1.session", desk_1)


@pytest.fixture
def account(session: Path, application: Application, loop: Loop) -> Account:
    """Not running yet."""
    return Account("desk-1", session, "@vip_desk", application, loop, loop.from_asyncio(100), QUICK)


@pytest.fixture
async def line(account: Account, nursery: trio.Nursery) -> Line:
    """Connected."""
    running = Line(account)
    nursery.start_soon(running.listen)
    nursery.start_soon(account.run)
    with trio.fail_after(20):
        await running.wait_for(Connected)
    return running


async def _run_out_of_time() -> None:
    await trio.sleep(40)
    raise TimeoutError
