"""Another program that looks into the file while perkd has it open."""

import subprocess
import sys
from pathlib import Path

import pytest

from actors.giftcodes.model import Player
from actors.ports import Put
from daemon.storage import SQLiteBackend, database

LOOK = """
import sqlite3, sys
with_rights = sqlite3.connect(sys.argv[1])
with_rights.execute("select count(*) from players").fetchall()
with_rights.close()
"""


@pytest.mark.parametrize("small", [0, database.SMALL])
def test_a_program_that_looks_into_the_file_does_not_take_its_newest_commits(
    tmp_path: Path, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite deletes the log when the last one closes the database, which it tells by its locks. Reading the
    # file ahead at the start must not drop ours.
    monkeypatch.setattr(database, "SMALL", small)
    path = tmp_path / "perkd.sqlite3"
    backend = SQLiteBackend(path)
    backend.open()
    backend.close()
    backend.open()  # from the first look on, a database that has a log is locked until it is closed
    try:
        backend.commit([Put(Player("wos", "1"))])
        subprocess.run([sys.executable, "-c", LOOK, str(path)], check=True, timeout=60)  # noqa: S603 - our own
        log = path.with_name(path.name + "-wal")
        assert log.stat().st_size > 0
        backend.commit([Put(Player("wos", "2"))])
        assert backend.count(Player) == 2
    finally:
        backend.close()
