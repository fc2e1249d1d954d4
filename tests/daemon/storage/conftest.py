import subprocess
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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(  # noqa: S603 - our own words
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk],  # noqa: S607 - wherever it is
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip(f"a small file system can't be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)  # noqa: S603, S607 - as above
