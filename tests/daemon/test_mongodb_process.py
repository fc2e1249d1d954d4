"""`perkd` with MONGODB_URI: real processes, the unmodified driver, and a server that speaks its protocol."""

import shutil
from pathlib import Path

import pytest

from actors.giftcodes.model import Outcome, Redemption
from tests.worlds.mongodb.target import MongoTarget
from tests.worlds.mongodb.threads import mongo_in_thread
from tests.worlds.processes import FAST, Host, open_host, small_world


def states(host_status: dict[str, object]) -> dict[str, str]:
    """The state of each store."""
    storage = host_status["storage"]
    assert isinstance(storage, dict)
    return {name: store["state"] for name, store in storage["backends"].items()}


def level(status: dict[str, object]) -> bool:
    """The file leads, and MongoDB has all of it."""
    return states(status) == {"sqlite": "leading", "mongodb": "following"}


async def redeem_all(host: Host, players: int) -> None:
    """A life of perkd in which everything is redeemed, with an orderly end."""
    async with host.perkd() as process:
        await host.until_settled()
        await host.until(level)
        assert await host.stop(process) == 0
    assert len(host.find(Redemption, outcome=Outcome.REDEEMED)) == players


async def test_an_empty_disk_is_filled_and_nothing_is_redeemed_twice(
    tmp_path: Path, mongo_server: MongoTarget
) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.env["MONGODB_URI"] = mongo_server.uri
        host.write_config(FAST)
        host.add_players(players)
        await redeem_all(host, len(players))
        asked = dict(world.stats.games["wos"].endpoints)
        shutil.rmtree(tmp_path / "var")  # as a new deploy finds it
        async with host.perkd() as process:
            await host.until_settled()
            await host.until(level)
            listed = await host.command("players", "list")
            assert listed.stdout.decode().count("wos") == len(players)
            assert await host.stop(process) == 0
        assert len(host.find(Redemption, outcome=Outcome.REDEEMED)) == len(players)
        assert dict(world.stats.games["wos"].endpoints) == asked


async def test_an_empty_disk_while_mongodb_is_away_is_not_ready_and_asks_no_game(tmp_path: Path) -> None:
    world, players = small_world()
    with mongo_in_thread() as mongo:
        async with open_host(tmp_path, world) as host:
            host.env["MONGODB_URI"] = f"{mongo.uri}perkd"
            host.write_config(FAST)
            host.add_players(players)
            await redeem_all(host, len(players))
            asked = dict(world.stats.games["wos"].endpoints)
            shutil.rmtree(tmp_path / "var")
            mongo.stop()
            async with host.perkd() as process:
                status = await host.until(
                    lambda status: "the state may be in MongoDB" in str(status["problems"])
                )
                assert status["health"] == "down"
                assert "the file is empty, the state may be in MongoDB" in str(status["problems"])
                mongo.start()
                await host.until_settled()
                assert await host.stop(process) == 0
            assert dict(world.stats.games["wos"].endpoints) == asked


async def test_without_mongodb_work_goes_on_and_mongodb_catches_up(tmp_path: Path) -> None:
    world, players = small_world()
    with mongo_in_thread() as mongo:
        async with open_host(tmp_path, world) as host:
            host.env["MONGODB_URI"] = f"{mongo.uri}perkd"
            host.write_config(FAST)
            mongo.stop()
            host.add_players(players)
            async with host.perkd() as process:
                await host.until_settled()
                status = await host.until(lambda seen: states(seen)["mongodb"] == "away")
                assert status["health"] == "degraded"
                mongo.start()
                await host.until(level)
                assert await host.stop(process) == 0
            stored = mongo.documents("perkd.redemptions")
            assert len([one for one in stored if one["doc"]["outcome"] == "redeemed"]) == len(players)


@pytest.mark.parametrize(
    ("uri", "code", "words"),
    [
        (
            "mongodb://perkd:s3cret@127.0.0.1:{port}/perkd",
            1,
            "user or password in MONGODB_URI is not accepted",
        ),
        ("mongodb://perkd:s3cret/x@127.0.0.1/perkd", 1, "must be written otherwise"),
        ("postgres://perkd:s3cret@127.0.0.1/perkd", 1, "is no MongoDB address"),
    ],
)
async def test_a_check_says_what_is_wrong_with_the_address_and_never_shows_the_password(
    tmp_path: Path, uri: str, code: int, words: str
) -> None:
    world, _ = small_world()
    with mongo_in_thread() as mongo:
        async with open_host(tmp_path, world) as host:
            host.env["MONGODB_URI"] = uri.format(port=mongo.port)
            host.write_config(FAST)
            done = await host.command("check", check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == code
    assert words in " ".join(said.split())
    assert "s3cret" not in said


async def test_a_check_says_what_mongodb_holds(tmp_path: Path, mongo_server: MongoTarget) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.env["MONGODB_URI"] = mongo_server.uri
        host.write_config(FAST)
        done = await host.command("check")
    assert "no state yet" in done.stdout.decode()


async def test_an_address_that_is_none_ends_the_start_with_the_reason(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.env["MONGODB_URI"] = "mongodb://perkd:s3cret:x@127.0.0.1/perkd"
        host.write_config(FAST)
        done = await host.command("run", check=False)
    assert done.returncode == 2
    assert b"MONGODB_URI" in done.stdout + done.stderr
    assert b"s3cret" not in done.stdout + done.stderr
