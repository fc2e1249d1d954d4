"""A command finds the secrets where the service does: what it does not see it would decide wrongly by."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import secrets
from daemon.secrets import Secret, load_secret, look_beside
from tests.worlds.mongodb.target import MongoTarget
from tests.worlds.processes import FAST, open_host, small_world

ADD = ("players", "add", "--game", "wos", "--fid", "999", "--state", "7")
REFUSED = "may lack what MongoDB has: start perkd, which fills it, and try again then"
Perkd = Callable[..., Any]
AWAY = "mongodb://127.0.0.1:9/perkd"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    secrets.BESIDE.directory = None


@pytest.fixture(params=["the service's", "beside the configuration"])
def credentials(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory with the secrets; of no other place the command knows."""
    monkeypatch.delenv("MONGODB_URI", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    directory = home / "credentials"
    if request.param == "the service's":
        directory = home / "run" / "credentials"
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(directory))
    directory.mkdir(parents=True)
    return directory


def test_before_the_first_start_nothing_is_written_that_would_contradict_mongodb(
    credentials: Path, home: Path, perkd: Perkd
) -> None:
    (credentials / "MONGODB_URI").write_text(AWAY)
    done = perkd(*ADD)
    assert done.returncode == 1
    assert REFUSED in done.stderr


def test_where_the_file_alone_keeps_the_state_the_first_command_makes_it(
    credentials: Path, home: Path, perkd: Perkd
) -> None:
    (credentials / "PERKD_TEST_KEY_WOS").write_text("a key")
    assert perkd(*ADD).returncode == 0
    assert "999" in perkd("players", "list").stdout


def test_an_address_that_is_none_is_said(credentials: Path, home: Path, perkd: Perkd) -> None:
    (credentials / "MONGODB_URI").write_text("no address")
    done = perkd(*ADD)
    assert done.returncode == 2
    assert "MONGODB_URI" in done.stderr
    assert not (home / "var").exists()


def test_to_keep_mongodbs_state_no_variable_is_needed(credentials: Path, home: Path, perkd: Perkd) -> None:
    assert perkd(*ADD).returncode == 0
    (credentials / "MONGODB_URI").write_text(AWAY)
    done = perkd("storage", "keep", "mongodb")
    assert done.returncode == 0, done.stderr


def test_the_variable_and_the_services_directory_win_over_the_one_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, given = tmp_path / "credentials", tmp_path / "given"
    for directory in (beside, given):
        directory.mkdir()
    (beside / "A_KEY").write_text("beside")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    look_beside(tmp_path / "config.toml")
    assert load_secret("A_KEY") == Secret("beside")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert load_secret("A_KEY") is None  # one service's secrets are not mixed with another's
    (given / "A_KEY").write_text("given")
    assert load_secret("A_KEY") == Secret("given")
    monkeypatch.setenv("A_KEY", "the variable")
    assert load_secret("A_KEY") == Secret("the variable")


def test_a_directory_of_another_user_is_as_if_it_were_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    def refuse(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    look_beside(tmp_path / "config.toml")
    assert load_secret("A_KEY") is None


async def test_what_is_set_up_as_for_systemd_starts_after_a_command_came_first(
    tmp_path: Path, mongo_server: MongoTarget
) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        directory = tmp_path / "credentials-of-the-service"
        directory.mkdir()
        (directory / "MONGODB_URI").write_text(mongo_server.uri)
        host.env["CREDENTIALS_DIRECTORY"] = str(directory)
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until(lambda status: status["health"] == "healthy")
            await host.command(*ADD)
            assert await host.stop(process) == 0
        shutil.rmtree(tmp_path / "var")  # a new disk
        refused = await host.command(*ADD, check=False)
        assert refused.returncode == 1
        assert REFUSED in refused.stderr.decode()
        async with host.perkd() as process:
            await host.until(lambda status: status["health"] == "healthy")
            assert "999" in (await host.command("players", "list")).stdout.decode()
            assert await host.stop(process) == 0
