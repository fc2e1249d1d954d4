"""What an operator orders while the daemon runs is acted on at once; what the daemon says is safe to keep."""

import json
from pathlib import Path
from typing import Any

from actors.giftcodes.model import Redemption
from daemon.simulator import Fault, SimCode, SimPlayer
from tests.worlds.processes import FAST, KEY, open_host, small_world


async def test_players_that_are_added_imported_and_removed_count_at_once(tmp_path: Path) -> None:
    world, players = small_world(players=4)
    world.games["wos"].add_player(*players)
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_settled()
            await host.command(
                "players", "add", "--game", "wos", "--fid", "1001", "--state", "7", "--name", "A"
            )
            await host.until(lambda seen: seen["giftcodes"]["redeemed"] == 1)
            file = tmp_path / "players.csv"
            file.write_text("game,fid,state,name\nwos,1002,7,B\nwos,12x,7,C\nwos,1003,7,D\nwos,1001,7,A\n")
            imported = await host.command("players", "import", str(file), check=False)
            said = (imported.stdout + imported.stderr).decode()
            assert "12x" in said
            await host.until(lambda seen: seen["giftcodes"]["redeemed"] == 3)
            await host.command("players", "remove", "--game", "wos", "--fid", "1003")
            world.games["wos"].add_code(SimCode("FROST"))
            await host.command("codes", "add", "FROST", "--game", "wos")
            await host.until_settled(2)
            assert await host.stop(process) == 0
        had = {record.fid for record in host.find(Redemption, code="FROST")}
        assert had == {"1001", "1002"}


async def test_a_code_is_taken_as_it_is_meant_and_in_its_own_case(tmp_path: Path) -> None:
    world, players = small_world(players=1)
    world.games["wos"].add_code(SimCode("FrostLight"))
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_settled()
            await host.command("codes", "add", " Frost\u200bLight\u00a0", "--game", "wos")
            status = await host.until_settled(2)
            assert status["giftcodes"]["redeemed"] == 2
            await host.command("codes", "add", "FROSTLIGHT", "--game", "wos")
            await host.until_logged("Code FROSTLIGHT (wos) has ended: CDK_NOT_FOUND")
            assert (await host.until_settled(2))["giftcodes"]["redeemed"] == 2
            assert await host.stop(process) == 0
        assert ("1001", "FrostLight") in world.games["wos"].redeemed


async def test_a_retired_code_is_asked_for_no_more(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_settled()
            await host.command("codes", "retire", "SNOW", "--game", "wos")
            world.games["wos"].add_player(*players)
            await host.command("players", "add", "--game", "wos", "--fid", "1001", "--state", "7")
            await host.until(lambda seen: seen["giftcodes"]["sources"]["feed"]["checks"] >= 2)
            await host.until_settled(0)
            assert await host.stop(process) == 0
        assert world.stats.game("wos").requests == 0


async def test_a_corrected_state_number_makes_the_failed_pair_owed_again(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_settled()
            world.games["wos"].add_player(SimPlayer("1001", kid="7"))
            await host.command("players", "add", "--game", "wos", "--fid", "1001", "--state", "8")
            await host.until(lambda seen: seen["giftcodes"]["failed"] == 1)
            await host.command("players", "add", "--game", "wos", "--fid", "1001", "--state", "7")
            await host.until(
                lambda seen: (seen["giftcodes"]["failed"], seen["giftcodes"]["redeemed"]) == (0, 1)
            )
            assert await host.stop(process) == 0


async def test_every_line_of_a_json_log_is_an_object_and_holds_no_secret(tmp_path: Path) -> None:
    world, players = small_world()
    world.order(
        Fault(fid="1001", msg=f"your key is {KEY}"),
        Fault(fid="1002", cut="connection", times=1),
        Fault(source="feed", body=f"<html>{KEY}</html>", times=1),
    )
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST, log_format="json")
        text = host.config.read_text().replace("[perkd]\n", '[perkd]\nlog_level = "debug"\n', 1)
        host.config.write_text(
            text + "\n[redeem.circuit]\nnetwork_first = 0.2\n[poller]\nfetch_attempts = 1\n"
        )
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_settled()
            status = (await host.command("status", "--json", check=False)).stdout.decode()
            assert (await host.command("reload")).returncode == 0
            assert await host.stop(process) == 0
        lines = [json.loads(line) for line in host.log_text().splitlines()]
        assert all({"time", "level", "event"} <= set(line) for line in lines)
        redeemed = [line for line in lines if line["event"].startswith("✅ Redeemed for P2")]
        assert [(line["game"], line["fid"], line["code"]) for line in redeemed] == [("wos", "1003", "SNOW")]
        assert KEY not in host.log_text()
        assert KEY not in status
        history = (await host.command("history", "--json")).stdout.decode()
        assert "sign=" not in host.log_text()
        assert "UNKNOWN_STATUS" in history


async def test_the_status_answers_while_a_thousand_players_wait(tmp_path: Path) -> None:
    world, players = small_world(players=1000, latency=0.05)
    async with open_host(tmp_path, world) as host:
        host.write_config()
        host.add_players(players)
        async with host.perkd() as process:
            status = await host.until(
                lambda seen: seen["giftcodes"]["rate"].get("wos", {}).get("waiting", 0) > 900
            )
            assert status["giftcodes"]["owed"] > 900
            drawn = (await host.command("status", check=False)).stdout.decode()
            assert all(len(line) <= 80 for line in drawn.splitlines())
            plain = (await host.ask("GET", "/api/status")).json()
            redeemers = _node(plain["tree"], "giftcodes", "redemption", "redeemers")
            assert sum(redeemers["children_by_state"].values()) > 900
            assert redeemers["children"] == []
            assert await host.stop(process) == 0


def _node(node: dict[str, Any], *path: str) -> dict[str, Any]:
    for name in path:
        (node,) = [child for child in node["children"] if child["name"] == name]
    return node
