"""A game's signing key is wrong, missing, or corrected."""

from pathlib import Path
from typing import Any

import trio

from actors.giftcodes.model import Call, Circuit, GameSetup, Outcome, Post, Redemption
from tests.worlds.processes import FAST, KEY, Host, open_host, small_world

WRONG = "the-wrong-key-of-wos"


async def test_a_wrong_key_pauses_the_game_says_what_to_check_and_charges_nobody(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST, key=WRONG)
        host.add_players(players)
        async with host.perkd() as process:
            status = await _until_paused(host)
            assert status["health"] == "degraded"
            assert (await host.command("status", check=False)).returncode == 1
            assert any("game wos is paused" in problem for problem in status["problems"])
            assert any("signing key" in problem for problem in status["problems"])
            await host.until_logged("Check sign key, base_url, origin and protocol of [games.wos]")
            assert await host.stop(process) == 0
        for record in host.find(Redemption):
            assert record.outcome is Outcome.PENDING
            assert record.spent.total == 0
        assert world.stats.games["wos"].endpoints["gift_code"] <= 2
        assert WRONG not in host.log_text()


async def test_who_corrects_the_key_and_restarts_does_not_wait_for_the_pause(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST, key=WRONG)
        host.add_players(players)
        async with host.perkd() as process:
            await _until_paused(host)
            await host.stop(process)
        (circuit,) = host.find(Circuit)
        assert circuit.reason == "PROTOCOL_CHANGED"
        host.write_config(FAST)
        async with host.perkd() as process:
            status = await host.until_settled(within=45)
            assert (status["giftcodes"]["redeemed"], status["health"]) == (3, "healthy")
            await host.until_logged("its pause (PROTOCOL_CHANGED) is lifted")
            await host.stop(process)
        assert {record.spent.total for record in host.find(Redemption)} == {1}
        (setup,) = host.find(GameSetup)
        assert KEY not in str(setup)
        assert b"the-" not in b"".join(
            file.read_bytes() for file in (tmp_path / "var").glob("perkd.sqlite3*")
        )


async def test_a_restart_with_the_same_key_does_not_knock_again(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST, key=WRONG)
        host.add_players(players)
        async with host.perkd() as process:
            await _until_paused(host)
            await host.stop(process)
        asked = world.stats.games["wos"].requests
        async with host.perkd() as process:
            await _until_paused(host)
            await host.until(lambda seen: seen["giftcodes"]["sources"]["feed"]["checks"] >= 2)
            await host.stop(process)
        assert world.stats.games["wos"].requests == asked


async def test_a_missing_key_is_said_and_codes_are_posted_all_the_same(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST, key="")
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_logged("📣 [wos] SNOW")
            status = await host.until(lambda seen: seen["health"] == "degraded")
            assert any("game wos has no signing key" in problem for problem in status["problems"])
            assert not any("paused" in problem for problem in status["problems"])
            assert f"write it into {tmp_path / 'wos.key'}" in host.log_text()
            assert (status["giftcodes"]["owed"], status["giftcodes"]["rate"]) == (0, {})
            assert await host.stop(process) == 0
        assert "refuses perkd" not in host.log_text()
        assert "Redemption attempt" not in host.log_text()
        assert (host.find(Redemption), host.find(Call), host.find(Circuit)) == ([], [], [])
        assert [post.code for post in host.find(Post)] == ["SNOW"]
        assert world.stats.as_json()["requests"] == 0
        host.write_config(FAST)
        async with host.perkd() as process:
            status = await host.until_settled()
            assert status["giftcodes"]["redeemed"] == 3
            await host.stop(process)


async def test_a_key_that_can_not_be_read_is_bad_configuration(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        (tmp_path / "wos.key").write_bytes(b"\xff\xfe")
        done = await host.command("run", check=False)
        assert done.returncode == 2
        assert f"secret file {tmp_path / 'wos.key'}" in done.stderr.decode()
        assert "Traceback" not in done.stderr.decode()


async def test_a_reload_names_a_key_that_was_changed(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST, key=WRONG)
        async with host.perkd() as process:
            await host.until_ready()
            (tmp_path / "wos.key").write_text(KEY)
            done = await host.command("reload")
            assert "the signing key of [games.wos] has changed: restart perkd for it" in done.stdout.decode()
            await host.stop(process)


async def _until_paused(host: Host) -> dict[str, Any]:
    def is_paused(seen: dict[str, Any]) -> bool:
        return bool(seen["giftcodes"]["rate"].get("wos", {}).get("reason"))

    await host.until(is_paused)
    with trio.fail_after(60):
        while True:
            status = await host.until(is_paused)
            if status["giftcodes"]["rate"]["wos"]["in_flight"] == 0:
                return status
