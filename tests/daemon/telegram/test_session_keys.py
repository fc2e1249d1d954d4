"""Keys for sessions in the store, and what a session file holds, without Telegram."""

import base64
import contextlib
import resource
import sqlite3
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from telethon.sessions import SQLiteSession

from daemon.cli import main
from daemon.config import TelegramConfig
from daemon.secrets import SecretError
from daemon.telegram.keys import CannotOpen, load_session_key, new_key, read_key
from daemon.telegram.session_copy import (
    SessionCopy,
    SessionDamaged,
    has_session,
    read_session,
    set_aside,
    write_session,
)

COPY = SessionCopy(
    2, "149.154.167.51", 443, bytes(range(256)), ((0, 10, 0, 5, 1),), ((0, 77, None), (9, -5, "vip_desk"))
)
KEY = read_key(new_key(), "THE_KEY")


def test_the_command_prints_a_key_that_perkd_takes_and_never_the_same(monkeypatch: pytest.MonkeyPatch):
    first, second = (CliRunner().invoke(main, ["telegram", "key"]).stdout for _ in range(2))
    monkeypatch.setenv("TELEGRAM_SESSION_KEY", first)

    key = load_session_key(TelegramConfig())

    assert first != second
    assert key is not None
    assert key.variable == "TELEGRAM_SESSION_KEY"
    assert first.strip() not in repr(key)


def test_without_the_variable_there_is_no_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TELEGRAM_SESSION_KEY", raising=False)
    assert load_session_key(TelegramConfig()) is None
    assert load_session_key(TelegramConfig(session_key_env="")) is None


@pytest.mark.parametrize(
    "text", ["hunter2", "x" * 44, new_key()[:-1], f"{new_key()}=", base64.b64encode(b"\xff" * 32).decode()]
)
def test_what_is_no_key_is_refused_by_the_name_of_its_variable_alone(text: str):
    with pytest.raises(SecretError, match="THE_KEY holds no key") as refused:
        read_key(text, "THE_KEY")
    assert text not in str(refused.value)


@given(st.text(max_size=40).filter(lambda t: t.isprintable()), st.binary(max_size=2000))
def test_what_was_sealed_opens_for_the_same_account_and_no_other(account: str, session: bytes):
    sealed = KEY.seal(account, session)

    assert KEY.open(account, sealed) == session
    assert KEY.seal(account, session) != sealed
    with pytest.raises(CannotOpen, match="damaged"):
        KEY.open(f"{account}-2", sealed)


@given(st.data())
def test_a_single_bit_that_changed_is_noticed(data: st.DataObject):
    sealed = bytearray(base64.b64decode(KEY.seal("desk-1", b"a session")))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << (at % 8)
    with pytest.raises(CannotOpen):
        KEY.open("desk-1", base64.b64encode(bytes(sealed)).decode())


@pytest.mark.parametrize("sealed", ["", "no base64!", "AAAA", "é", base64.b64encode(b"\x01" * 21).decode()])
def test_what_is_no_sealed_session_is_damaged(sealed: str):
    with pytest.raises(CannotOpen, match="is damaged"):
        KEY.open("desk-1", sealed)


def test_another_key_is_told_from_damage_and_its_variable_is_named():
    with pytest.raises(CannotOpen, match="another key than OTHER's"):
        read_key(new_key(), "OTHER").open("desk-1", KEY.seal("desk-1", b"a session"))


def test_what_a_newer_perkd_wrote_is_said():
    newer = base64.b64encode(b"\x02" + b"x" * 60).decode()
    with pytest.raises(CannotOpen, match="newer perkd"):
        KEY.open("desk-1", newer)


# --- the file -------------------------------------------------------------------------------------


def test_a_copy_makes_a_file_that_telethon_takes_and_that_is_its_owners_alone(tmp_path: Path):
    path = tmp_path / "desk-1.session"

    write_session(path, SessionCopy.from_bytes(COPY.to_bytes()))

    session = SQLiteSession(str(path))
    assert (session.dc_id, session.server_address, session.port) == (2, "149.154.167.51", 443)
    assert session.auth_key.key == COPY.key
    assert session.get_update_state(0).pts == 10
    assert session.get_input_entity("vip_desk").access_hash == -5
    session.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["desk-1.session"]
    assert read_session(path) == COPY


def test_a_copy_replaces_an_empty_file_and_what_a_torn_attempt_left(tmp_path: Path):
    path = tmp_path / "desk-1.session"
    path.touch()
    (tmp_path / "desk-1.session.new.session").write_bytes(b"torn")
    (tmp_path / "desk-1.session-journal").write_bytes(b"of a file that is gone")

    write_session(path, COPY)

    assert read_session(path) == COPY
    assert [file.name for file in tmp_path.iterdir()] == ["desk-1.session"]


def test_where_there_is_no_session_none_is_found(tmp_path: Path):
    path = tmp_path / "desk-1.session"
    found = [has_session(path)]
    path.touch()
    found.append(has_session(path))
    path.unlink()
    session = SQLiteSession(str(path))
    session.set_dc(2, "127.0.0.1", 443)
    session.save()
    session.close()
    found.append(has_session(path))

    assert found == [False, False, False]
    assert read_session(path) is None


def test_a_damaged_file_is_told_and_set_aside_whole(tmp_path: Path):
    path = tmp_path / "desk-1.session"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(SessionDamaged, match="damaged"):
        has_session(path)
    (tmp_path / "desk-1.session-journal").write_bytes(b"its journal")

    aside = set_aside(path)

    assert aside.read_bytes() == b"no database" * 100
    assert aside.with_name(f"{aside.name}-journal").read_bytes() == b"its journal"
    assert not path.exists()


def test_a_database_of_something_else_is_no_session(tmp_path: Path):
    path = tmp_path / "desk-1.session"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE players (fid)")
    with pytest.raises(SessionDamaged, match="something else"):
        read_session(path)


def test_a_file_that_can_not_be_read_now_is_not_taken_for_a_damaged_one(tmp_path: Path):
    path = tmp_path / "desk-1.session"
    path.mkdir()
    with pytest.raises(OSError, match="can't be read"):
        has_session(path)


def test_times_alone_are_no_change():
    later = SessionCopy(2, COPY.address, 443, COPY.key, ((0, 10, 0, 99, 1),), COPY.people)
    heard = SessionCopy(2, COPY.address, 443, COPY.key, ((0, 11, 0, 99, 1),), COPY.people)

    assert later.substance == COPY.substance != heard.substance
    assert later.to_bytes() != COPY.to_bytes()


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b'{"centre":[1],"key":"","states":[],"people":[]}']
)
def test_what_is_no_copy_is_refused_without_a_cause_that_shows_it(data: bytes):
    with pytest.raises(ValueError, match="holds no session") as refused:
        SessionCopy.from_bytes(data)
    assert refused.value.__cause__ is None


def test_a_copy_shows_nothing_and_stays_small():
    most = SessionCopy(
        2,
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
        443,
        COPY.key,
        tuple((-(10**18) - n, 2**31, 2**31, 2**31, 2**31) for n in range(100)),
        tuple((10**18 + n, -(2**63), "u" * 32) for n in range(200)),
    )

    assert len(KEY.seal("desk-1", most.to_bytes())) < 40_000
    assert COPY.key.hex()[:16] not in repr(COPY)


def test_a_disk_that_is_full_is_an_error_of_the_disk(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="can't be written"):
            write_session(tmp_path / "a.session", COPY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "a.session").exists()
