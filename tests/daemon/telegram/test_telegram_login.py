"""`perkd telegram login` with the real Telethon, against the stand-in."""

import os
import pty
import re
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner, Result

from daemon.cli import main
from daemon.telegram.session_file import hold_session
from daemon.telegram.values import Connected
from tests.worlds.telegram_line import Line

PHONE, CODE, PASSWORD = "+15550001", "54321", "correct horse"


@pytest.fixture
def home(tmp_path: Path, telegram) -> Path:
    """A configuration with an account, whose session file knows where the stand-in is and nothing more."""
    (tmp_path / "config.toml").write_text(
        '[[telegram.accounts]]\nname = "desk-1"\nsession = "var/telegram/desk-1.session"\n', encoding="utf-8"
    )
    (tmp_path / "var/telegram").mkdir(parents=True)
    telegram.write_session(tmp_path / "var/telegram/desk-1.session")
    return tmp_path


@pytest.fixture
def env(telegram) -> dict[str, str]:
    return {"TELEGRAM_API_ID": str(telegram.api_id), "TELEGRAM_API_HASH": telegram.api_hash}


@pytest.fixture
def login(home, env):
    async def run(*typed: str, name: str = "desk-1", **changed: str) -> Result:
        def invoke() -> Result:
            command = ["--config", str(home / "config.toml"), "telegram", "login", name]
            return CliRunner().invoke(
                main, command, input="".join(f"{line}\n" for line in typed), env=env | changed
            )

        return await trio.to_thread.run_sync(invoke)

    return run


async def test_an_account_is_signed_in_and_its_session_is_its_owners_alone(login, home, telegram):
    telegram.add_account("Anna", phone=PHONE, code=CODE)

    done = await login(PHONE, CODE)

    path = home / "var/telegram/desk-1.session"
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "desk-1 is signed in as Anna")
    assert f"{path}: whoever has this file has the account" in done.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_it_leaves_is_what_the_daemon_connects_with(login, home, account, telegram, nursery):
    telegram.add_account("Anna", phone=PHONE, code=CODE)
    await login(PHONE, CODE)
    account.session = home / "var/telegram/desk-1.session"

    line = Line(account)
    nursery.start_soon(line.listen)
    nursery.start_soon(account.run)
    await line.wait_for(Connected)

    assert account.connected


async def test_a_second_password_is_asked_for_and_shown_nowhere(login, telegram, caplog):
    caplog.set_level("DEBUG")
    telegram.add_account("Anna", phone=PHONE, code=CODE, password=PASSWORD)

    done = await login(PHONE, "1 2 3 4 5", CODE, "wrong", PASSWORD)

    assert done.exit_code == 0
    assert "does not take this code" in done.stderr
    assert "does not take this password" in done.stderr
    shown = done.output + caplog.text
    assert not [secret for secret in (PASSWORD, telegram.api_hash, "wrong\n") if secret in shown]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ((PHONE, "1", "2", "3"), "3 wrong codes; start again"),
        (("+49000",), "give it as +49 151 2345678"),
    ],
)
async def test_what_does_not_work_is_said_in_words(login, telegram, typed, said):
    telegram.add_account("Anna", phone=PHONE, code=CODE)

    done = await login(*typed)

    assert done.exit_code == 1
    assert "desk-1 is not signed in: " in done.stderr
    assert said in done.stderr


async def test_a_file_that_is_no_session_is_said_and_left(login, home):
    path = home / "var/telegram/desk-1.session"
    path.write_bytes(b"what is this?" * 1000)

    done = await login(PHONE)

    assert done.exit_code == 1
    assert f"{path} is no session file" in done.stderr
    assert path.read_bytes().startswith(b"what")


async def test_whoever_gives_up_leaves_an_account_that_is_not_signed_in(login, telegram):
    telegram.add_account("Anna", phone=PHONE, code=CODE)

    gave_up = await login(PHONE)
    done = await login(PHONE, CODE)

    assert (gave_up.exit_code, done.exit_code) == (1, 0)
    assert "Aborted" in gave_up.stderr


async def test_a_flood_wait_says_how_long(login, telegram):
    telegram.add_account("Anna", phone=PHONE, code=CODE)
    telegram.faults.fail("SendCode", "FLOOD_WAIT_3600")

    done = await login(PHONE)

    assert "Telegram asks to wait for 3600 s" in done.stderr


async def test_a_wrong_application_is_told_without_its_hash(login, telegram):
    telegram.add_account("Anna", phone=PHONE, code=CODE)

    done = await login(PHONE, TELEGRAM_API_HASH="f" * 32)

    assert "the application's id and hash do not belong together" in done.stderr
    assert "f" * 32 not in done.output


async def test_who_is_signed_in_already_is_asked_nothing(login, telegram):
    telegram.add_account("Anna", phone=PHONE, code=CODE)
    await login(PHONE, CODE)

    done = await login()

    assert (done.exit_code, done.stdout) == (0, "unchanged: desk-1 is signed in already, as Anna\n")


async def test_a_session_that_the_daemon_holds_is_left_alone(login, home):
    with hold_session(home / "var/telegram/desk-1.session"):
        done = await login(PHONE)

    assert done.exit_code == 1
    assert f"in use by process {os.getpid()}: stop that perkd first" in done.stderr


async def test_an_account_that_is_not_configured_is_told_with_those_that_are(login):
    done = await login(name="desk-2")

    assert done.exit_code == 2
    assert "no account 'desk-2' in [[telegram.accounts]]; there are desk-1" in done.stderr


@pytest.mark.parametrize(
    ("changed", "fault", "way_out"),
    [
        (
            {"TELEGRAM_API_ID": ""},
            "the application's id for Telegram is missing",
            "set the environment variable TELEGRAM_API_ID: it is on ",
        ),
        (
            {"TELEGRAM_API_ID": "many"},
            "environment variable TELEGRAM_API_ID is no number",
            "set the environment variable TELEGRAM_API_ID: it is on ",
        ),
        (
            {"TELEGRAM_API_HASH": ""},
            "the application's hash for Telegram is missing",
            "set the environment variable TELEGRAM_API_HASH: it is on ",
        ),
        (
            {"TELEGRAM_API_ID": "", "TELEGRAM_API_HASH": ""},
            "the application's id and hash for Telegram are missing",
            "set the environment variables TELEGRAM_API_ID and TELEGRAM_API_HASH: both are on ",
        ),
    ],
)
async def test_a_missing_application_is_told_and_below_it_what_to_do(login, changed, fault, way_out):
    done = await login(**changed)

    assert done.exit_code == 2
    where = "https://my.telegram.org, under API development tools"
    assert done.stderr == f"{fault}\n{way_out}{where}\n"


async def test_nobody_at_telegram_is_said_and_the_file_stays(login, home, telegram):
    telegram.faults.refuse_connections = True

    done = await login(PHONE)

    assert done.exit_code == 1
    assert "Telegram can't be reached" in done.stderr
    with sqlite3.connect(home / "var/telegram/desk-1.session") as kept:
        assert kept.execute("select port from sessions").fetchone() == (telegram.port,)
    kept.close()


async def test_at_a_terminal_the_password_is_not_echoed(home, env, telegram):
    telegram.add_account("Anna", phone=PHONE, code=CODE, password=PASSWORD)
    (home / "var/telegram/desk-1.session").unlink()
    telegram.write_session(home / "var/telegram/desk-1.session", with_key=True)
    command = [
        sys.executable,
        "-m",
        "daemon",
        "--config",
        str(home / "config.toml"),
        "telegram",
        "login",
        "desk-1",
    ]

    shown = await trio.to_thread.run_sync(lambda: at_a_terminal(command, env, [PHONE, CODE, PASSWORD]))

    assert "desk-1 is signed in as Anna" in shown
    assert (PHONE in shown, CODE in shown, PASSWORD in shown) == (True, True, False)


def at_a_terminal(command: list[str], env: dict[str, str], answers: list[str]) -> str:
    """Run a command with a terminal, and answer each line that ends with a colon."""
    ours, its = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=its, stdout=its, stderr=its, env=os.environ | env, start_new_session=True
    )
    os.close(its)
    shown, answered = "", list(answers)
    try:
        while more := _read(ours):
            shown += more
            if answered and re.search(r": $", shown):
                os.write(ours, f"{answered.pop(0)}\n".encode())
                shown += "\n"
    finally:
        os.close(ours)
        process.wait(20)
    return shown


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode()
    except OSError:  # the other side is closed
        return ""
