"""Backups as an operator has them: real processes, with and without MongoDB."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from actors.giftcodes.model import Outcome, Player, Redemption
from tests.worlds.mongodb.threads import mongo_in_thread
from tests.worlds.processes import FAST, Host, open_host, small_world

EVERY_HOUR = f'{FAST}\n[storage]\nbackup_every = 3600\nbackup_dir = "kept"\n'


def level(status: dict[str, Any]) -> bool:
    """The file leads, and MongoDB has all of it."""
    states = {name: store["state"] for name, store in status["storage"]["backends"].items()}
    return states == {"sqlite": "leading", "mongodb": "following"}


async def settle(host: Host) -> None:
    """A life of perkd in which everything is redeemed, and known to MongoDB where there is one."""
    async with host.perkd() as process:
        await host.until_settled()
        if "MONGODB_URI" in host.env:
            await host.until(level)
        assert await host.stop(process) == 0


def fids(host: Host) -> set[str]:
    return {player.fid for player in host.find(Player)}


async def test_a_running_daemon_is_backed_up_and_the_backup_put_back_after_it_has_stopped(
    tmp_path: Path,
) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_settled()
            made = await host.command("backup", str(tmp_path / "b.sqlite3"))
            assert b"redemptions           3" in made.stdout
            refused = await host.command("restore", str(tmp_path / "b.sqlite3"), "--force", check=False)
            assert refused.returncode == 1
            assert b"is in use by another perkd" in refused.stderr
            await host.command("players", "remove", "--fid", players[0].fid)
            assert await host.stop(process) == 0
        assert len(fids(host)) == 2
        await host.command("restore", str(tmp_path / "b.sqlite3"), "--force")
        assert len(fids(host)) == 3
        asked = dict(world.stats.games["wos"].endpoints)
        await settle(host)
        assert dict(world.stats.games["wos"].endpoints) == asked  # what was redeemed is known
        assert "Traceback" not in host.log_text()


async def test_a_daemon_makes_backups_by_itself_and_shows_the_actor(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(EVERY_HOUR)
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_logged("💾 Backup made: ")
            status = await host.until_ready()
            assert await host.stop(process) == 0
        (group,) = [node for node in status["tree"]["children"] if node["name"] == "status"]
        assert "backups" in {node["name"] for node in group["children"]}
        (made,) = (tmp_path / "kept").iterdir()
        await settle(host)
        assert list((tmp_path / "kept").iterdir()) == [made]
        shutil.rmtree(tmp_path / "var")
        await host.command("restore", str(made))
        assert len(fids(host)) == 3


async def test_a_backup_that_fails_is_a_problem_and_holds_up_nothing(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(EVERY_HOUR)
        (tmp_path / "kept").write_text("no directory")
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_settled()
            status = await host.until(lambda seen: seen["health"] == "degraded")
            (problem,) = status["problems"]
            assert problem.startswith(f"the last backup failed: {tmp_path / 'kept'}: ")
            assert await host.stop(process) == 0
        assert host.log_text().count("The backup failed, and is tried again") == 1
        assert len(host.find(Redemption, outcome=Outcome.REDEEMED)) == 3


async def test_a_file_that_mongodb_has_taken_over_from_is_not_backed_up(tmp_path: Path) -> None:
    world, players = small_world()
    with mongo_in_thread() as mongo:
        async with open_host(tmp_path, world) as host:
            host.env["MONGODB_URI"] = f"{mongo.uri}perkd"
            host.write_config(FAST)
            host.add_players(players)
            await settle(host)
            host.write_config(EVERY_HOUR)
            (tmp_path / "var" / "perkd.sqlite3").unlink()
            (tmp_path / "var" / "perkd.sqlite3").mkdir()  # where no file can be
            async with host.perkd() as process:
                status = await host.until(lambda status: any("backup" in one for one in status["problems"]))
                assert await host.stop(process) == 0
            (problem,) = (one for one in status["problems"] if "backup" in one)
            told = "the last backup failed: the file can't be used, MongoDB alone keeps the state: "
            assert problem.startswith(told)


@pytest.mark.slow
async def test_a_restored_state_replaces_mongodbs(tmp_path: Path) -> None:
    world, players = small_world()
    with mongo_in_thread() as mongo:
        async with open_host(tmp_path, world) as host:
            host.env["MONGODB_URI"] = f"{mongo.uri}perkd"
            host.write_config(FAST)
            host.add_players(players[:2])
            await settle(host)
            await host.command("backup", str(tmp_path / "b.sqlite3"))
            host.add_players(players[2:])
            await settle(host)
            await host.command("restore", str(tmp_path / "b.sqlite3"), "--force")
            await settle(host)
            assert fids(host) == {"1001", "1002"}
            shutil.rmtree(tmp_path / "var")  # what is there now comes from MongoDB
            await settle(host)
            assert fids(host) == {"1001", "1002"}


async def test_mongodbs_state_can_be_chosen_over_the_files(tmp_path: Path) -> None:
    world, players = small_world()
    with mongo_in_thread() as mongo:
        async with open_host(tmp_path, world) as host:
            host.env["MONGODB_URI"] = f"{mongo.uri}perkd"
            host.write_config(FAST)
            host.add_players(players[:2])
            await settle(host)
            host.add_players(players[2:])  # in the file alone
            kept = await host.command("storage", "keep", "mongodb")
            assert b"MongoDB's state counts" in kept.stdout
            await settle(host)
            assert fids(host) == {"1001", "1002"}
            (aside,) = (
                path for path in (tmp_path / "var").glob("*.aside-*") if not path.name.endswith("-wal")
            )
            await host.command("restore", str(aside), "--force")
            assert fids(host) == {"1001", "1002", "1003"}
