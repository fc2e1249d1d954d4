"""`perkd run` as a process: what it is when it runs, how it stops, what it does not let happen."""

import signal
import time
from pathlib import Path

import pytest
import trio

from actors.giftcodes.model import Call, Outcome, Redemption
from daemon.simulator import Fault, SimCode, World
from tests.worlds.processes import FAST, open_host, small_world


async def test_a_daemon_that_is_well_says_so_and_one_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.add_players(players)
        absent = await host.command("status", check=False)
        assert absent.returncode == 3
        async with host.perkd() as process:
            await host.until_settled()
            well = await host.command("status", check=False)
            assert well.returncode == 0, well.stdout
            assert host.socket.stat().st_mode & 0o777 == 0o600
            assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
            assert await host.stop(process) == 0
        assert not host.socket.exists()
        assert "stopping in order" in host.log_text()
        assert host.log_text().rstrip().endswith("perkd has stopped")
        assert "Traceback" not in host.log_text()
        assert "Warning" not in host.log_text()
    outcomes = {record.outcome for record in host.find(Redemption)}
    assert outcomes == {Outcome.REDEEMED}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_lets_a_call_in_flight_end_and_be_recorded(
    tmp_path: Path, number: signal.Signals
) -> None:
    world, players = small_world(players=1, latency=0.7)
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.add_players(players)
        async with host.perkd() as process:
            await _until_in_flight(world)
            process.send_signal(number)
            with trio.fail_after(15):
                assert await process.wait() == 0
        (record,) = host.find(Redemption)
        (call,) = host.find(Call)
        assert record.outcome is Outcome.REDEEMED
        assert call.done_at is not None
        assert world.stats.games["wos"].endpoints["gift_code"] == 1
        assert not host.socket.exists()


async def test_the_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    world, players = small_world(players=1)
    world.order(Fault(game="wos", delay=20.0))
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.add_players(players)
        async with host.perkd() as process:
            await _until_in_flight(world)
            process.send_signal(signal.SIGTERM)
            await host.until_logged("SIGTERM: stopping in order")
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            with trio.fail_after(8):
                await process.wait()
            assert time.monotonic() - began < 5
        assert "SIGTERM again: stopping at once" in host.log_text()
        assert "Traceback" not in host.log_text()
        # What was in flight is owed, and charged: nobody knows what became of it.
        (record,) = host.find(Redemption)
        assert (record.outcome, record.spent.total) == (Outcome.PENDING, 1)


async def test_a_second_daemon_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_ready()
            second = await host.command("run", check=False)
            assert second.returncode == 1
            said = second.stderr.decode()
            assert f"in use by another perkd (process {process.pid})" in said
            assert "stop that one first" in said
            assert "Traceback" not in said
            world.games["wos"].add_player(*players)
            await host.ask("POST", "/api/players", json={"game": "wos", "fid": "1001", "state": "7"})
            status = await host.until(lambda seen: seen["giftcodes"]["redeemed"] == 1)
            assert status["health"] == "healthy"
            assert await host.stop(process) == 0


async def test_a_daemon_with_its_own_store_does_not_take_another_ones_socket(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_ready()
            text = host.config.read_text()
            host.config.write_text(text.replace('data_dir = "var"', 'data_dir = "other"'))
            second = await host.command("run", check=False)
            assert second.returncode == 1
            assert "already running" in second.stderr.decode()
            host.config.write_text(text)
            await host.until(lambda seen: seen["health"] == "healthy")
            assert await host.stop(process) == 0


async def test_the_socket_of_a_killed_daemon_is_replaced(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        async with host.perkd() as process:
            await host.until_ready()
            process.kill()
            await process.wait()
        assert host.socket.exists()
        assert (await host.command("status", check=False)).returncode == 3
        async with host.perkd() as process:
            await host.until_ready()
            assert await host.stop(process) == 0


async def test_a_data_directory_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        (tmp_path / "var").write_text("a file")
        done = await host.command("run", check=False)
        assert done.returncode == 1
        assert str(tmp_path / "var") in done.stderr.decode()
        assert "Traceback" not in done.stderr.decode()


async def test_a_store_that_is_no_database_is_left_alone_and_named(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        (tmp_path / "var").mkdir(mode=0o700)
        file = tmp_path / "var" / "perkd.sqlite3"
        file.write_text("not a database, but somebody's letters" * 100)
        before = file.read_bytes()
        done = await host.command("run", check=False)
        assert done.returncode == 1
        assert "is damaged" in done.stderr.decode()
        assert file.read_bytes() == before


async def test_a_store_that_can_not_be_written_makes_it_down_and_work_stops(tmp_path: Path) -> None:
    world, players = small_world()
    world.games["wos"].add_code(SimCode("FROST"))
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_settled()
            file = tmp_path / "var" / "perkd.sqlite3"
            aside = tmp_path / "aside.sqlite3"
            file.rename(aside)
            file.write_bytes(b"another file")
            asked = world.stats.games["wos"].requests
            await host.ask("POST", "/api/codes", json={"game": "wos", "code": "FROST"})
            down = await host.until(lambda seen: seen["health"] == "down")
            assert any("store" in problem for problem in down["problems"])
            assert (await host.command("status", check=False)).returncode == 2
            assert "Failed to persist state" in host.log_text()
            assert world.stats.games["wos"].requests == asked
            file.unlink()
            aside.rename(file)
            assert process.poll() is None
            added = await host.ask("POST", "/api/codes", json={"game": "wos", "code": "FROST"})
            assert added.status_code in {200, 201}, added.text
            await host.until_settled(2)
            assert await host.stop(process) == 0


async def _until_in_flight(world: World) -> None:
    with trio.fail_after(20):
        while world.stats.in_flight == 0:  # noqa: ASYNC110 - the simulator has no such event
            await trio.sleep(0.005)
