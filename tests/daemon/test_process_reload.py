"""`perkd reload` and SIGHUP: what changes without a restart, and what is refused."""

import signal
from pathlib import Path

from daemon.simulator import Fault
from tests.worlds.processes import FAST, open_host, small_world


async def test_a_hangup_changes_budgets_and_the_log_level(tmp_path: Path) -> None:
    world, players = small_world(players=1)
    world.order(Fault(fid="1001", msg="SOMETHING NEW"))
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_ready()
            host.write_config(FAST + "[redeem.budgets]\nunknown = 1\n")
            text = host.config.read_text()
            host.config.write_text(text.replace("[perkd]\n", '[perkd]\nlog_level = "warning"\n', 1))
            process.send_signal(signal.SIGHUP)
            await host.until(lambda _: "starts" in host.log_text())
            world.games["wos"].add_player(*players)
            await host.until(lambda seen: seen["giftcodes"]["codes"] == 1)
            host.config.write_text(text)  # warning again becomes info with the next hangup
            process.send_signal(signal.SIGHUP)
            await host.until_logged("Configuration read again")
            await host.ask("POST", "/api/players", json={"game": "wos", "fid": "1001", "state": "7"})
            await host.until_logged("after 1 attempts with unknown status")
            assert world.stats.games["wos"].endpoints["gift_code"] == 1
            assert await host.stop(process) == 0


async def test_a_faulty_file_is_refused_with_all_its_faults_and_nothing_changes(tmp_path: Path) -> None:
    world, players = small_world(players=1)
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_ready()
            host.write_config("[redeem]\nconcurrency = 9\nretry_rounds = -1\n")
            refused = await host.command("reload", check=False)
            assert refused.returncode == 2
            assert "[redeem] concurrency = 9" in refused.stderr.decode()
            assert "[redeem] retry_rounds = -1" in refused.stderr.decode()
            process.send_signal(signal.SIGHUP)
            await host.until_logged("is refused, the old one stays")
            await host.until_logged("[redeem] concurrency = 9")
            await host.until_logged("[redeem] retry_rounds = -1")
            host.config.write_text("this is no TOML [")
            assert (await host.command("reload", check=False)).returncode == 2
            world.games["wos"].add_player(*players)
            await host.ask("POST", "/api/players", json={"game": "wos", "fid": "1001", "state": "7"})
            status = await host.until(lambda seen: seen["giftcodes"]["redeemed"] == 1)
            assert status["health"] == "healthy"
            assert await host.stop(process) == 0


async def test_what_needs_a_restart_is_named(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_ready()
            host.write_config(FAST.replace("[redeem]", "[redeem]\nconcurrency = 1"), protocol="v1")
            done = await host.command("reload")
            said = done.stdout.decode()
            assert "[redeem] concurrency has changed: restart perkd for it" in said
            assert "protocol has changed: restart perkd for it" in said
            await host.until_logged("needs a restart")
            assert await host.stop(process) == 0


async def test_an_interval_changes_at_once(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        slow = host.config.read_text().replace("interval = 0.5", "interval = 3600")
        host.config.write_text(slow)
        async with host.perkd() as process:
            await host.until(lambda seen: seen["giftcodes"]["sources"]["feed"]["checks"] == 1)
            host.write_config(FAST)
            assert (await host.ask("POST", "/api/reload")).json() == {"reloaded": True, "needs_restart": []}
            await host.until(lambda seen: seen["giftcodes"]["sources"]["feed"]["checks"] >= 3)
            assert await host.stop(process) == 0
