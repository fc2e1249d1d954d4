"""`perkd run` as a service: what its port answers, who is let in, what the service manager is told."""

import contextlib
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from daemon.simulator import Fault
from tests.worlds.ports import free_port
from tests.worlds.processes import FAST, open_host, small_world

TOKEN = "a token of a test"


@pytest.fixture
def port() -> int:
    return free_port()


async def until_answer(url: str, code: int, within: float = 30.0, **fields: Any) -> httpx.Response:
    """Ask until it is answered so."""
    answer: httpx.Response | None = None
    with trio.move_on_after(within):
        async with httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.get(url, timeout=10, **fields)
                    if answer.status_code == code:
                        return answer
                await trio.sleep(0.05)
    raise AssertionError(f"no {code} within {within:g} s, last: {answer and answer.text}")


async def test_it_is_not_ready_before_its_source_was_really_read_and_then_it_is(
    tmp_path: Path, port: int
) -> None:
    world, players = small_world()
    world.order(Fault(source="feed", answer="HTTP 503"))
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST, listen=f"127.0.0.1:{port}")
        host.add_players(players)
        url = f"http://127.0.0.1:{port}"
        async with host.perkd() as process:
            await until_answer(f"{url}/healthz", 200)
            red = (await until_answer(f"{url}/readyz", 503)).json()
            assert red["reasons"][0].startswith("source feed has not been read yet")
            assert "perkd_ready 0.0" in (await until_answer(f"{url}/metrics", 200)).text
            world.reset_faults()
            assert (await until_answer(f"{url}/readyz", 200)).json() == {"ready": True, "reasons": []}
            await host.until_settled()
            metrics = (await until_answer(f"{url}/metrics", 200)).text
            assert 'perkd_pairs{outcome="redeemed"} 3.0' in metrics
            assert "perkd_ready 1.0" in metrics
            assert await host.stop(process) == 0


async def test_elsewhere_than_on_loopback_only_the_checks_are_open_without_the_token(
    tmp_path: Path, port: int
) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.env = {"PORT": str(port), "PERKD_STATUS_TOKEN": TOKEN}
        url = f"http://127.0.0.1:{port}"
        async with host.perkd() as process:
            await until_answer(f"{url}/readyz", 200)
            for path in ("/api/status", "/metrics", "/api/players", "/api/events"):
                await until_answer(f"{url}{path}", 401)
                wrong = {"authorization": "Bearer another"}
                await until_answer(f"{url}{path}", 401, headers=wrong)
                right = {"authorization": f"Bearer {TOKEN}"}
                await until_answer(f"{url}{path}", 200, headers=right)
            assert await host.stop(process) == 0
        assert TOKEN not in host.log_text()


async def test_a_port_that_others_reach_is_shut_without_a_token_and_that_is_said(
    tmp_path: Path, port: int
) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.env = {"PORT": str(port)}
        async with host.perkd() as process:
            status = await host.until_ready()
            (said,) = [problem for problem in status["problems"] if "page" in problem]
            assert said == "the web page is shut: 0.0.0.0 is not loopback, and PERKD_STATUS_TOKEN is not set"
            await until_answer(f"http://127.0.0.1:{port}/api/status", 403)
            await until_answer(f"http://127.0.0.1:{port}/healthz", 200)
            assert await host.stop(process) == 0


async def test_a_port_that_is_taken_ends_the_start_with_the_way_out(tmp_path: Path) -> None:
    world, _ = small_world()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        async with open_host(tmp_path, world) as host:
            host.write_config(FAST, listen=listen)
            async with host.perkd() as process:
                with trio.fail_after(30):
                    assert await process.wait() == 1
            assert f"[status] listen = {listen}: Address already in use" in host.log_text()


async def test_the_service_manager_hears_of_start_progress_and_end(tmp_path: Path) -> None:
    world, _ = small_world()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        async with open_host(tmp_path, world) as host:
            host.write_config(FAST)
            host.env = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
            async with host.perkd() as process:
                heard = [await _hear(manager) for _ in range(4)]
                assert heard[0].startswith("READY=1\nSTATUS=perkd ")
                assert all(line.startswith("WATCHDOG=1\n") for line in heard[1:])
                process.send_signal(signal.SIGTERM)
                while (last := await _hear(manager)) != "STOPPING=1":
                    assert last.startswith("WATCHDOG=1")
                with trio.fail_after(30):
                    assert await process.wait() == 0


async def _hear(manager: socket.socket) -> str:
    with trio.fail_after(30):
        await trio.lowlevel.wait_readable(manager)
    return manager.recv(4096).decode()
