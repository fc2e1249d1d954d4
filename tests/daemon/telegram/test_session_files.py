"""Session files are their owner's alone; Telethon's own lines say nothing that perkd says itself."""

import logging
import sqlite3
import stat
from pathlib import Path

import pytest

from daemon.telegram.client import quieten
from daemon.telegram.errors import translate
from daemon.telegram.session_file import hold_session


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_directory_that_signing_in_makes_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with hold_session(tmp_path / "var" / "telegram" / "desk-1.session") as session:
        assert [mode(path) for path in (session, *session.parents[:2])] == [0o600, 0o700, 0o700]
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize(
    ("logger", "message"),
    [
        ("perkd.telethon.network.connection.connection", "Server closed the connection: %s"),
        ("perkd.telethon.network.mtprotosender", "Attempt %d at connecting failed"),
        ("perkd.telethon.network.mtprotosender", "Automatic reconnection failed %d time(s)"),
        ("perkd.telethon.client.users", "Telegram is having internal issues %s"),
    ],
)
def test_a_lost_connection_is_not_told_twice(
    caplog: pytest.LogCaptureFixture, logger: str, message: str
) -> None:
    quieten()
    logging.getLogger(logger).warning(message, 1)
    logging.getLogger(logger).warning("something else")
    assert caplog.messages == ["something else"]


def test_a_session_file_that_can_t_be_written_fills_no_log_with_tracebacks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    quieten()
    ours = logging.getLogger("perkd.telethon.client.telegrambaseclient")
    for error in (sqlite3.OperationalError("database or disk is full"), ValueError("news")):
        ours.error("Unhandled exception", exc_info=error)
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [error]


def test_a_file_that_is_locked_is_not_called_damaged() -> None:
    error = sqlite3.OperationalError("database is locked")
    assert str(translate(error)) == "the session file can't be used: database is locked"
