"""`perkd check`, the part about Telegram: what is there is looked at, and nobody is connected."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from daemon.config import AccountConfig, Config, TelegramConfig, VipConfig
from daemon.finding import Finding
from daemon.telegram.examination import examine_telegram
from daemon.telegram.keys import new_key


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("TELEGRAM_API_ID", "12345")
    monkeypatch.setenv("TELEGRAM_API_HASH", "a secret hash")
    monkeypatch.delenv("TELEGRAM_SESSION_KEY", raising=False)
    account = AccountConfig("desk-1", tmp_path / "desk-1.session")
    return Config(telegram=TelegramConfig(accounts=(account,)))


def write_session(path: Path, key: bytes, mode: int = 0o600) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE sessions (dc_id, server_address, port, auth_key, takeout_id)")
        connection.execute("INSERT INTO sessions VALUES (2, '127.0.0.1', 443, ?, NULL)", (key,))
        connection.commit()
    path.chmod(mode)


def found(config: Config) -> list[Finding]:
    return list(examine_telegram(config))


def test_without_accounts_nothing_is_said_unless_the_desk_is_wanted() -> None:
    assert found(Config()) == []
    (finding,) = found(Config(vip=VipConfig(enabled=True)))
    assert not finding.well
    assert "telegram.accounts" in finding.way_out


def test_an_account_that_is_signed_in_is_well(config: Config) -> None:
    write_session(config.telegram.accounts[0].session, b"k" * 256)
    assert [finding.well for finding in found(config)] == [True, True]
    assert "a secret hash" not in str(found(config))


@pytest.mark.parametrize(
    ("key", "mode", "words", "way_out"),
    [
        (b"", 0o600, "holds no session", "perkd telegram login desk-1"),
        (b"short", 0o600, "holds no session", "perkd telegram login desk-1"),
        (b"k" * 256, 0o644, "is open to others", "chmod 600"),
    ],
)
def test_what_is_wrong_with_a_session_file_is_told(
    config: Config, key: bytes, mode: int, words: str, way_out: str
) -> None:
    write_session(config.telegram.accounts[0].session, key, mode)
    finding = found(config)[1]
    assert not finding.well
    assert words in finding.text
    assert way_out in finding.way_out


def test_a_file_that_is_not_there_or_is_no_database_is_told(config: Config) -> None:
    assert "it is not signed in" in found(config)[1].text
    path = config.telegram.accounts[0].session
    path.write_bytes(b"no database at all" * 100)
    path.chmod(0o600)
    finding = found(config)[1]
    assert "is no session file (file is not a database)" in finding.text
    assert finding.way_out == "move it away, then: perkd telegram login desk-1"


def test_a_file_that_is_made_and_not_signed_in_yet_is_signed_in(config: Config) -> None:
    path = config.telegram.accounts[0].session
    path.touch(mode=0o600)
    assert found(config)[1].way_out == "perkd telegram login desk-1"


def test_a_missing_application_is_told(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = "the application's hash for Telegram is missing"
    where = "https://my.telegram.org, under API development tools"
    monkeypatch.delenv("TELEGRAM_API_HASH")
    assert found(config)[0] == Finding(
        "Telegram",
        well=False,
        text=missing,
        way_out=f"set the environment variable TELEGRAM_API_HASH: it is on {where}",
    )
    monkeypatch.setenv("TELEGRAM_API_ID", "not a number")
    assert found(config)[0] == Finding(
        "Telegram",
        well=False,
        text=f"{missing}; environment variable TELEGRAM_API_ID is no number",
        way_out=f"set the environment variables TELEGRAM_API_ID and TELEGRAM_API_HASH: both are on {where}",
    )


def test_an_application_that_can_not_be_read_is_told_with_what_else_is_missing(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "TELEGRAM_API_ID").write_bytes(b"\xff")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("TELEGRAM_API_ID")
    monkeypatch.delenv("TELEGRAM_API_HASH")
    finding = found(config)[0]
    assert "the application's hash for Telegram is missing; secret file " in finding.text
    assert finding.text.endswith("TELEGRAM_API_ID: is no UTF-8 text")
    assert finding.way_out.startswith(
        "write the bare value into it; set the environment variable TELEGRAM_API_HASH: it is on "
    )


def test_with_a_key_a_session_that_is_not_on_the_disk_is_looked_for_in_the_store(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_SESSION_KEY", new_key())
    assert [finding.well for finding in found(config)] == [True, True, True]
    assert "from the store; if there is none: perkd telegram login desk-1" in found(config)[2].text


def test_a_key_that_is_none_is_said_without_its_value(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_SESSION_KEY", "hunter2")
    _, key, account = found(config)
    assert (key.well, account.well) == (False, False)
    assert "TELEGRAM_SESSION_KEY" in key.text
    assert key.way_out == "make one with `perkd telegram key`"
    assert "hunter2" not in str(found(config))
