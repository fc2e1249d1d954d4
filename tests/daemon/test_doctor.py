"""`perkd check`: says what is wrong and what to do, asks once, and changes nothing."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from daemon.doctor import _data_dir
from daemon.simulator import Fault, SimSource
from tests.worlds.processes import FAST, KEY, Host, open_host, small_world

PUSH = """
[[sources]]
name = "push"
game = "wos"
kind = "websocket"
url = "ws://127.0.0.1:{port}/sources/push/ws"
"""


async def test_all_is_well_with_one_request_a_game_and_nothing_changed(tmp_path: Path) -> None:
    world, players = small_world()
    world.games["wos"].add_player(*players)
    world.add_source(SimSource(name="push", game="wos"))
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST + PUSH.format(port=host.port))
        before = _files(tmp_path)
        code, said = await _check(host)
        assert code == 0, said
        assert "✗" not in said
        assert "host, key and signature are right" in said
        assert "lists 1 code" in said
        assert "connected" in said
        assert _files(tmp_path) == before
    assert dict(world.stats.games["wos"].endpoints) == {"gift_code_config": 1}
    assert world.stats.sources == {"feed": 1, "push": 1}


async def test_a_check_beside_a_running_daemon_disturbs_it_not(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_settled()
            assert (await _check(host))[0] == 0
            await host.until(lambda seen: seen["health"] == "healthy")
            assert await host.stop(process) == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            Fault(answer="SIGN ERROR"),
            ["refuses how it is asked (PROTOCOL_CHANGED)", "check the key ("],
        ),
        (Fault(answer="HTTP 403"), ["PROTOCOL_CHANGED", "origin and protocol of [games.wos]"]),
        (Fault(answer="HTTP 429"), ["RATE_LIMITED", "wait a minute"]),
        (Fault(answer="HTTP 503"), ["UPSTREAM_ERROR", "try again later"]),
        (Fault(cut="connection"), ["NETWORK_ERROR", "the network and the firewall"]),
        (Fault(msg="WHAT IS THIS"), ["UNKNOWN_STATUS_WHAT IS THIS", "something unknown"]),
    ],
)
async def test_a_game_that_is_not_well_comes_with_the_way_out(
    tmp_path: Path, fault: Fault, words: list[str]
) -> None:
    world, _ = small_world()
    world.order(fault)
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        code, said = await _check(host)
        assert code == 1
        assert "✗ game wos" in said
        assert all(word in said for word in words), said
        assert "✓ source feed" in said
    assert world.stats.game("wos").requests == 1


async def test_each_game_and_source_is_looked_at_whatever_is_wrong_with_the_others(tmp_path: Path) -> None:
    world, _ = small_world()
    world.order(Fault(source="feed", answer="HTML"))
    async with open_host(tmp_path, world) as host:
        more = (
            f'[games.ks]\nbase_url = "http://127.0.0.1:{host.port}/ks/api"\nsign_key_file = "ks.key"\n'
            f'[games.third]\nbase_url = "http://127.0.0.1:9/api"\nsign_key_env = "PERKD_NOT_SET"\n'
            '[[sources]]\nname = "gone"\ngame = "wos"\nkind = "rss"\nurl = "http://127.0.0.1:9/rss"\n'
        )
        host.write_config(FAST + more)
        code, said = await _check(host)
        assert code == 1
        assert "✓ game wos" in said
        assert "✗ game ks" in said
        assert "ks.key" in said
        assert "✗ game third" in said
        assert "set the environment variable PERKD_NOT_SET" in said
        assert "✗ source feed" in said
        assert "✗ source gone" in said
        assert "http://127.0.0.1:9/rss" in said
        assert KEY not in said


async def test_a_data_directory_that_is_open_to_others_is_named_with_its_remedy(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        (tmp_path / "var").mkdir(mode=0o755)
        (tmp_path / "var").chmod(0o755)
        code, said = await _check(host)
        assert code == 1
        assert "chmod 700" in said
        (tmp_path / "var").rmdir()
        (tmp_path / "var").write_text("")
        assert "can't be written" in (await _check(host))[1]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("f_flag", os.ST_RDONLY, "is on a read-only file system"),
        ("f_bavail", 3, "is nearly full: 12 KiB are free"),
        ("f_bavail", 1_000_000, "var"),
    ],
)
def test_a_disk_that_takes_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int, says: str
) -> None:
    disk = {"f_flag": 0, "f_bavail": 1_000_000, "f_frsize": 4096, name: value}
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(**disk))
    (tmp_path / "var").mkdir(mode=0o700)
    found = _data_dir(tmp_path / "var")
    assert says in found.text
    assert found.well is (value == 1_000_000)
    assert bool(found.way_out) is not found.well


async def test_a_configuration_without_games_and_sources_has_nothing_to_do(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.config.write_text("[perkd]\n")
        code, said = await _check(host)
        assert code == 1
        assert "✗ games" in said
        assert "✗ sources" in said


async def _check(host: Host) -> tuple[int, str]:
    done = await host.command("check", check=False)
    assert b"Traceback" not in done.stderr
    return done.returncode, " ".join(done.stdout.decode().split())


async def test_a_captcha_solver_that_is_not_installed_is_named(tmp_path: Path) -> None:
    world, _ = small_world(protocol="v1")
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST, protocol="v1")
        host.config.write_text(host.config.read_text().replace('captcha = "none"', 'captcha = "nobody"'))
        code, said = await _check(host)
        assert code == 1
        assert "nobody" in said
        done = await host.command("run", check=False)
        assert done.returncode == 2
        assert "nobody" in done.stderr.decode()


def _files(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*"))
