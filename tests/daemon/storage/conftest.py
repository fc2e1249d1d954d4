from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.giftcodes.model import Redemption
from daemon.storage import SQLiteBackend

Open = Callable[[], SQLiteBackend]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "var" / "perkd.db"


@pytest.fixture
def backend(database: Path) -> Iterator[SQLiteBackend]:
    opened = SQLiteBackend(database, clock=lambda: 1_700_000_000.0)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def pair() -> Redemption:
    return Redemption(game="wos", fid="123", code="GIFT")
