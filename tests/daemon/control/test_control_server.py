import logging
import os
import socket as sockets
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from daemon.control.errors import AlreadyRunning, ControlError
from daemon.control.listening import MAX_PATH, unix_socket
from daemon.control.server import serve_tcp, serve_unix

QUICK = 5.0
"""Seconds; half of what a connection may be idle for, and far from what a client waits."""


async def test_the_socket_is_open_to_its_owner_only_whatever_the_umask(
    daemon: Any, tmp_path: Path, nursery: trio.Nursery
) -> None:
    path = tmp_path / "made" / "perkd.sock"
    old = os.umask(0)
    try:
        await nursery.start(serve_unix, daemon.app(), path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_directory_that_is_there_keeps_its_mode(
    daemon: Any, tmp_path: Path, nursery: trio.Nursery
) -> None:
    await trio.Path(tmp_path).chmod(0o755)
    await nursery.start(serve_unix, daemon.app(), tmp_path / "perkd.sock")
    assert stat.S_IMODE((await trio.Path(tmp_path).stat()).st_mode) == 0o755


async def test_the_socket_file_is_gone_after_the_end(daemon: Any, tmp_path: Path) -> None:
    path = tmp_path / "perkd.sock"
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_unix, daemon.app(), path)
        nursery.cancel_scope.cancel()
    assert not path.exists()


async def test_the_file_of_a_dead_process_is_replaced(
    daemon: Any, tmp_path: Path, nursery: trio.Nursery, ask: Any, socket: Path
) -> None:
    dead = tmp_path / "dead.sock"
    with sockets.socket(sockets.AF_UNIX) as listener:
        listener.bind(str(dead))
    await nursery.start(serve_unix, daemon.app(), dead)
    transport = httpx.AsyncHTTPTransport(uds=str(dead))
    async with httpx.AsyncClient(transport=transport, base_url="http://perkd") as client:
        assert (await client.get("/healthz")).status_code == 200


async def test_a_living_daemon_keeps_its_socket(daemon: Any, socket: Path, ask: Any) -> None:
    with pytest.raises(AlreadyRunning, match=r"already running: a process listens at .*perkd\.sock"):
        await serve_unix(daemon.app(), socket)
    assert (await ask("GET", "/healthz")).status_code == 200


async def test_a_file_that_is_no_socket_is_never_removed(daemon: Any, tmp_path: Path) -> None:
    path = tmp_path / "perkd.sock"
    path.write_text("precious")
    with pytest.raises(ControlError, match="something else is there"):
        await serve_unix(daemon.app(), path)
    assert path.read_text() == "precious"


async def test_a_path_too_long_for_a_socket_is_named_with_its_length(daemon: Any, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 100)
    with pytest.raises(ControlError, match=rf"bytes are too many for a Unix socket \(at most {MAX_PATH}\)"):
        await serve_unix(daemon.app(), path)


async def test_the_longest_path_that_fits_works(daemon: Any, tmp_path: Path, nursery: trio.Nursery) -> None:
    path = tmp_path / ("x" * (MAX_PATH - len(os.fsencode(tmp_path)) - 1))
    assert await nursery.start(serve_unix, daemon.app(), path) == path
    assert path.is_socket()


async def test_a_directory_that_cannot_be_made_is_named(daemon: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ControlError, match="can't be made: "):
        await serve_unix(daemon.app(), tmp_path / "file" / "perkd.sock")


def test_a_newer_daemons_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "perkd.sock"
    with unix_socket(path):
        path.rename(tmp_path / "old.sock")
        with unix_socket(path):
            pass
        path.write_text("a newer one's")
    assert path.read_text() == "a newer one's"


async def test_a_stop_is_quick_with_a_client_that_stays_connected(daemon: Any, tmp_path: Path) -> None:
    path, stop = tmp_path / "perkd.sock", trio.Event()
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with trio.open_nursery() as nursery:

        async def serve(task_status: trio.TaskStatus[object]) -> None:
            await serve_unix(daemon.app(), path, stop=stop.wait, task_status=task_status)

        await nursery.start(serve)
        async with httpx.AsyncClient(transport=transport, base_url="http://perkd") as client:
            await client.get("/healthz")
            idle = await trio.open_unix_socket(str(path))
            began = trio.current_time()
            stop.set()
            while nursery.child_tasks:
                await trio.lowlevel.checkpoint()
            assert trio.current_time() - began < QUICK
            await idle.aclose()


async def test_a_request_that_hangs_does_not_hold_up_the_stop(daemon: Any, tmp_path: Path) -> None:
    path, stop, hanging = tmp_path / "perkd.sock", trio.Event(), trio.Event()

    async def hang() -> dict[str, object]:
        hanging.set()
        await trio.sleep_forever()
        return {}

    daemon.on_reload = hang
    began = 0.0
    async with trio.open_nursery() as nursery:

        async def serve(task_status: trio.TaskStatus[object]) -> None:
            await serve_unix(daemon.app(), path, stop=stop.wait, task_status=task_status)

        async def ask() -> None:
            transport = httpx.AsyncHTTPTransport(uds=str(path))
            async with httpx.AsyncClient(transport=transport, base_url="http://perkd", timeout=60) as client:
                with pytest.raises(httpx.TransportError):
                    await client.post("/api/reload")

        await nursery.start(serve)
        nursery.start_soon(ask)
        await hanging.wait()
        began = trio.current_time()
        stop.set()
    assert trio.current_time() - began < QUICK


async def test_a_request_being_answered_at_the_stop_is_answered(daemon: Any, tmp_path: Path) -> None:
    path, stop, asked, go_on = tmp_path / "perkd.sock", trio.Event(), trio.Event(), trio.Event()

    async def slow() -> dict[str, object]:
        asked.set()
        await go_on.wait()
        return {"reloaded": True}

    daemon.on_reload = slow
    answers = []
    async with trio.open_nursery() as nursery:

        async def serve(task_status: trio.TaskStatus[object]) -> None:
            await serve_unix(daemon.app(), path, stop=stop.wait, task_status=task_status)

        async def ask() -> None:
            transport = httpx.AsyncHTTPTransport(uds=str(path))
            async with httpx.AsyncClient(transport=transport, base_url="http://perkd", timeout=5) as client:
                answers.append((await client.post("/api/reload")).json())

        await nursery.start(serve)
        nursery.start_soon(ask)
        await asked.wait()
        stop.set()
        go_on.set()
    assert answers == [{"reloaded": True}]


async def test_the_server_says_nothing_in_the_log(daemon: Any, tmp_path: Path, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_unix, daemon.app(), tmp_path / "perkd.sock")
            nursery.cancel_scope.cancel()
    assert caplog.text == ""


async def test_the_same_app_is_served_at_a_tcp_port(daemon: Any, nursery: trio.Nursery) -> None:
    port = await nursery.start(serve_tcp, daemon.app(), "127.0.0.1", 0)
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/healthz")).json() == {"health": "healthy"}


async def test_a_port_that_is_taken_is_named(daemon: Any) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ControlError, match=rf"listen = 127.0.0.1:{port}: Address already in use: free that"
        ):
            await serve_tcp(daemon.app(), "127.0.0.1", port)


async def test_an_address_nobody_knows_is_named(daemon: Any) -> None:
    with pytest.raises(ControlError, match=r"address '256\.0\.0\.1\.invalid' is not known"):
        await serve_tcp(daemon.app(), "256.0.0.1.invalid", 80)
