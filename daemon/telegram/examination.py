"""The part of `perkd check` that is about Telegram: application and session files. Nobody is connected."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from daemon.config import AccountConfig, Config
from daemon.finding import Finding, not_loaded
from daemon.secrets import SecretError
from daemon.telegram.application import load_application
from daemon.telegram.keys import load_session_key
from daemon.telegram.session_copy import KEY_BYTES
from daemon.telegram.session_file import session_path


def examine_telegram(config: Config) -> Iterator[Finding]:
    """What is configured of Telegram; nothing where no account is."""
    accounts = config.telegram.accounts
    if not accounts:
        if config.vip.enabled:
            way_out = "add a [[telegram.accounts]], then: perkd telegram login NAME"
            yield Finding("Telegram", well=False, text="[vip] is enabled without an account", way_out=way_out)
        return
    try:
        load_application(config.telegram)
    except SecretError as error:
        yield not_loaded("Telegram", error)
    else:
        yield Finding("Telegram", well=True, text="id and hash of the application are there")
    key = False
    try:
        if key := load_session_key(config.telegram) is not None:
            yield Finding("Telegram", well=True, text="sessions are kept in the store as well, encrypted")
    except SecretError as error:
        yield not_loaded("Telegram", error)
    for account in accounts:
        yield _account(account, in_store=key)


def _account(account: AccountConfig, *, in_store: bool) -> Finding:
    what, path = f"account {account.name}", session_path(account.session)
    login = f"perkd telegram login {account.name}"
    if not path.exists() and in_store:
        text = f"{path} is not there: perkd takes the session from the store; if there is none: {login}"
        return Finding(what, well=True, text=text)
    if not path.exists():
        return Finding(what, well=False, text=f"{path} is not there: it is not signed in", way_out=login)
    if not os.access(path, os.R_OK | os.W_OK):
        way_out = "make it a file of perkd's own user"
        return Finding(what, well=False, text=f"{path} can't be read and written", way_out=way_out)
    if path.stat().st_mode & 0o077:
        way_out = f"chmod 600 {path}"
        return Finding(
            what, well=False, text=f"{path} is open to others: who has it has the account", way_out=way_out
        )
    return _content(what, path, login)


def _content(what: str, path: Path, login: str) -> Finding:
    try:
        signed_in = _has_key(path)
    except sqlite3.DatabaseError as error:
        text = f"{path} is no session file ({error})"
        return Finding(what, well=False, text=text, way_out=f"move it away, then: {login}")
    if not signed_in:
        return Finding(what, well=False, text=f"{path} holds no session", way_out=login)
    return Finding(what, well=True, text=f"has a session in {path}; whether Telegram takes it is not asked")


def _has_key(path: Path) -> bool:
    """Raises `sqlite3.DatabaseError` of a file that is none of SQLite's."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            row = connection.execute("SELECT auth_key FROM sessions").fetchone()
    except sqlite3.OperationalError:
        return False  # made, and not signed in yet
    return row is not None and row[0] is not None and len(row[0]) == KEY_BYTES
