"""A configuration with faults, without a daemon; with one: test_cli_daemon.py."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.cli.lenient import DEFAULT_SOCKET, socket_written
from daemon.config.schema import StatusConfig

FAULTY = "[redeem]\nconcurrency = -1\nnonsense = 2\n"


@pytest.fixture
def faulty(home: Path) -> Path:
    path = home / "config.toml"
    path.write_text(path.read_text() + FAULTY)
    return path


@pytest.mark.parametrize("command", [["players", "list"], ["codes", "list"], ["history"], ["run"], ["check"]])
def test_every_fault_is_a_line_on_stderr(perkd: Any, faulty: Path, command: list[str]) -> None:
    done = perkd(*command)
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert any(line.startswith("config.toml: [redeem] concurrency = -1: ") for line in lines)


@pytest.mark.parametrize("command", [["status"], ["reload"]])
def test_what_needs_the_daemon_says_that_it_is_not_running_and_every_fault(
    perkd: Any, faulty: Path, command: list[str]
) -> None:
    done = perkd(*command)
    assert (done.returncode, done.stdout) == (3, "")
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert lines[0] == f"perkd is not running: nobody listens at {faulty.parent / 'var/perkd.sock'}"


def test_as_json_each_fault_is_a_problem(perkd: Any, faulty: Path) -> None:
    done = perkd("status", "--json")
    assert done.returncode == 3
    problems = json.loads(done.stdout)["problems"]
    assert len(problems) == 3
    assert not any("\n" in problem for problem in problems)


def test_a_configuration_that_is_not_there_is_named(perkd: Any, home: Path) -> None:
    (home / "config.toml").unlink()
    for command, code in ((["status"], 3), (["players", "list"], 2)):
        done = perkd(*command)
        assert done.returncode == code
        assert "config.toml: there is no such file" in done.stderr


@pytest.mark.parametrize(
    ("text", "socket"),
    [
        ('[status]\nsocket = "s"\n', "s"),
        ('[status]\nsocket = "s"\n[redeem]\nconcurrency = \n', "s"),
        ('[redeem\n[ status ] # here\nlisten = \nsocket = "s" # there\n[games.wos]\nsocket = "t"\n', "s"),
        ('[status]\nsocket = "/run/s"\nnonsense', "/run/s"),
        ("[status]\nsocket = s\n", DEFAULT_SOCKET),
        ("[status]\nsocket = 7\n", DEFAULT_SOCKET),
        ('[status]\nsocket = ""\n', DEFAULT_SOCKET),
        ('[status]\nsocket = "a\\u0000b"\n', DEFAULT_SOCKET),
        ("status = 3\n", DEFAULT_SOCKET),
        ("status = [[[\n", DEFAULT_SOCKET),
        ("", DEFAULT_SOCKET),
    ],
)
def test_the_socket_is_made_out_in_spite_of_faults(tmp_path: Path, text: str, socket: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    assert socket_written(path) == tmp_path / socket


def test_without_a_file_it_is_where_the_schema_has_it(tmp_path: Path) -> None:
    assert socket_written(tmp_path / "config.toml") == tmp_path / StatusConfig().socket
    assert socket_written(tmp_path) == tmp_path.parent / StatusConfig().socket


@given(data=st.binary(max_size=60))
def test_no_file_is_too_broken_to_look_for_the_daemon(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "broken.toml"
    path.write_bytes(b"[status]\n" + data)
    assert socket_written(path).is_absolute()
