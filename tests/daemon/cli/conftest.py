"""A configuration of its own for each test, and `perkd` as a real process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen
from click.testing import CliRunner

from daemon.cli import main

CONFIG = """
[perkd]
data_dir = "var"
[status]
listen = ""
socket = "var/perkd.sock"
[games.wos]
protocol = "v2"
base_url = "http://127.0.0.1:9/wos/api"
sign_key_env = "PERKD_TEST_KEY_WOS"
[games.ks]
protocol = "v1"
base_url = "http://127.0.0.1:9/ks/api"
sign_key_env = "PERKD_TEST_KEY_KS"
captcha = "none"
"""


@frozen
class Done:
    """A command that has ended."""

    returncode: int
    raw: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.raw.decode()


Perkd = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture
def env() -> dict[str, str]:
    """The environment without what would change perkd, or how it draws."""
    unwanted = ("PERKD_", "COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_", "PORT", "GIFTCODE_", "TERM")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


@pytest.fixture
def perkd(home: Path, env: dict[str, str]) -> Perkd:
    """A command in this process: ten times as fast as in one of its own."""
    unset = dict.fromkeys(set(os.environ) - set(env))

    def run(*arguments: str, stdin: str | bytes | None = None) -> Done:
        command = ["--config", str(home / "config.toml"), *arguments]
        result = CliRunner().invoke(main, command, input=stdin, env=unset, prog_name="perkd")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout_bytes, result.stderr)

    return run


@pytest.fixture
def command(home: Path) -> list[str]:
    """How a process of its own is started."""
    return [sys.executable, "-m", "daemon", "--config", str(home / "config.toml")]


@pytest.fixture
def process(command: list[str], env: dict[str, str]) -> Perkd:
    """A command as a process of its own."""

    def run(*arguments: str, **more: str) -> Done:
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, *arguments], check=False, env={**env, **more}, capture_output=True, timeout=60
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    return run
