"""The commands with a daemon, and the programs that run until they are told to stop."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest


@contextmanager
def running(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def daemon(command: list[str], env: dict[str, str], process: Any) -> Iterator[subprocess.Popen[str]]:
    with running([*command, "run"], env) as started:
        while process("status").returncode == 3:
            assert started.poll() is None, started.stdout and started.stdout.read()
        yield started


def test_the_commands_reach_the_running_daemon(daemon: Any, perkd: Any, home: Any) -> None:
    done = perkd("players", "add", "--game", "wos", "--fid", "123", "--state", "456")
    assert (done.returncode, done.stderr) == (0, "")
    assert perkd("codes", "add", "SNOW", "--game", "wos").stdout == "added SNOW (wos)\n"
    status = perkd("status", "--json")
    document = json.loads(status.stdout)
    assert document["health"] == {0: "healthy", 1: "degraded", 2: "down"}[status.returncode]
    assert {"version", "uptime", "problems", "tree", "giftcodes", "vip", "storage"} <= set(document)
    drawn = perkd("status", "--all").stdout
    assert drawn.startswith("perkd 0.1.0 · ")

    assert perkd("reload").stdout == "configuration read again\n"
    config = home / "config.toml"
    config.write_text(config.read_text().replace('"v2"', '"v1"').replace('"info"', '"debug"'))
    assert "restart perkd for it" in perkd("reload").stdout
    config.write_text(config.read_text() + "[redeem]\nconcurrency = -1\n")
    assert perkd("reload").returncode == 2

    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(20) == 0
    config.write_text(config.read_text().replace("concurrency = -1", ""))
    assert perkd("status").returncode == 3


def test_a_file_that_is_being_edited_hides_no_running_daemon(daemon: Any, perkd: Any, home: Any) -> None:
    config = home / "config.toml"
    sound = config.read_text()
    config.write_text(sound + "[redeem]\nconcurrency = \n")
    warning = (
        "config.toml on disk has faults (perkd check lists them); "
        "the running daemon goes on with what it read\n"
    )
    assert perkd("players", "add", "--game", "ks", "--fid", "5").stderr == warning
    for command in (["status"], ["status", "--json"]):
        done = perkd(*command)
        assert done.returncode in {0, 1}
        assert done.stderr == warning
    for command in (["players", "list"], ["codes", "list"], ["guilds", "list"], ["history"]):
        done = perkd(*command)
        assert (done.returncode, done.stderr) == (0, warning)
    refused = perkd("reload")
    assert refused.returncode == 2
    assert refused.stderr.startswith(warning + "config.toml: line ")

    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(20) == 0
    assert perkd("status").returncode == 3


def test_the_simulator_says_where_it_is_and_stops_when_told(command: Any, env: Any) -> None:
    with running([*command, "simulate", "--limit", "77", "--seed", "3"], env) as simulator:
        assert simulator.stdout is not None
        first = simulator.stdout.readline()
        base = re.findall(r"http://127\.0\.0\.1:\d+", first)[0]
        assert httpx.get(f"{base}/_stats").status_code == 200
        simulator.send_signal(signal.SIGTERM)
        assert simulator.wait(10) == 0
        rest = simulator.stdout.read()
    assert f'base_url     = "{base}/wos/api"' in rest
    assert "at most 77 requests in 60 s" in rest
    assert rest.endswith("stopped\n")


def test_a_port_that_is_taken_is_named(command: Any, env: Any, process: Any) -> None:
    with running([*command, "simulate"], env) as simulator:
        assert simulator.stdout is not None
        port = re.findall(r":(\d+)", simulator.stdout.readline())[0]
        done = process("simulate", "--port", port)
        assert done.returncode == 1
        assert done.stderr == f"port {port}: Address already in use: use another --port\n"
        simulator.send_signal(signal.SIGINT)
        assert simulator.wait(10) == 0
