import socket as sockets
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import trio

from actors.giftcodes.model import Player
from daemon.control.client import Answer, NoAnswer, call
from daemon.control.errors import ControlError, NotRunning
from daemon.control.offline import Request, call_offline
from daemon.storage import SQLiteBackend, SQLiteStore, StoreBusy

GAMES = {"wos": "v2"}


async def ask(*args: Any, **fields: Any) -> Answer:
    return await trio.to_thread.run_sync(lambda: call(*args, **fields))


async def test_a_call_reaches_the_daemon(socket: Path) -> None:
    answer = await ask(socket, "POST", "/api/players", json={"game": "ks", "fid": "7"})
    assert (answer.code, answer.problem, answer.document["result"]) == (201, "", "added")


async def test_a_refusal_is_an_answer_with_the_daemons_words(socket: Path) -> None:
    answer = await ask(socket, "GET", "/api/history", query={"player": "Zoe & Co"})
    assert (answer.code, answer.problem[:19]) == (404, "player 'Zoe & Co': ")


async def test_what_is_no_json_is_text(socket: Path) -> None:
    answer = await ask(socket, "GET", "/api/players.csv")
    assert (answer.document, answer.text) == (None, "game,fid,state,name\r\n")


def test_without_a_socket_perkd_is_not_running(tmp_path: Path) -> None:
    for path in (tmp_path / "none.sock", tmp_path / "no" / "directory.sock"):
        with pytest.raises(NotRunning, match="perkd is not running: nobody listens at"):
            call(path, "GET", "/api/status")


def test_with_the_socket_of_a_dead_process_perkd_is_not_running(tmp_path: Path) -> None:
    path = tmp_path / "perkd.sock"
    with sockets.socket(sockets.AF_UNIX) as listener:
        listener.bind(str(path))
    with pytest.raises(NotRunning):
        call(path, "GET", "/api/status")


def test_a_path_too_long_is_named(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="too many for a Unix socket"):
        call(tmp_path / ("x" * 120), "GET", "/api/status")


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[sockets.socket]:
    with sockets.socket(sockets.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "perkd.sock"))
        listening.listen()
        yield listening


def test_a_daemon_that_hangs_is_said_to_give_no_answer(listener: Any, tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match=r"perkd does not answer at .* \(waited 0.05 s\)"):
        call(tmp_path / "perkd.sock", "GET", "/api/status", timeout=0.05)


def test_a_daemon_that_ends_the_connection_is_said_to_give_no_answer(listener: Any, tmp_path: Path) -> None:
    hang_up = Thread(target=lambda: [listener.accept()[0].close() for _knock_and_request in range(2)])
    hang_up.start()
    with pytest.raises(NoAnswer, match="ended the connection"):
        call(tmp_path / "perkd.sock", "GET", "/api/status")
    hang_up.join()


# --- without a daemon ---------------------------------------------------------------------------


def test_without_a_daemon_the_same_requests_work_on_the_store(tmp_path: Path) -> None:
    database = tmp_path / "var" / "perkd.db"
    player = {"game": "wos", "fid": "1", "state": "2", "name": "Anna"}
    assert call_offline(database, GAMES, Request("POST", "/api/players", json=player)).code == 201
    listed = call_offline(database, GAMES, Request("GET", "/api/players", query={"game": "wos"}))
    assert listed.document == [{**player, "auto_redeem": True}]
    backend = SQLiteBackend(database)
    backend.open()
    assert [one.name for one in backend.find(Player)] == ["Anna"]
    backend.close()


def test_without_a_daemon_there_is_no_status(tmp_path: Path) -> None:
    answer = call_offline(tmp_path / "perkd.db", GAMES, Request("GET", "/api/status"))
    assert (answer.code, answer.problem) == (503, "perkd is not running")
    assert call_offline(tmp_path / "perkd.db", GAMES, Request("POST", "/api/reload")).code == 503


def test_a_store_that_another_process_has_is_left_alone(tmp_path: Path) -> None:
    backend = SQLiteBackend(tmp_path / "perkd.db")
    backend.open()
    try:
        with pytest.raises(StoreBusy, match="in use by another perkd"):
            call_offline(tmp_path / "perkd.db", GAMES, Request("GET", "/api/players"))
    finally:
        backend.close()


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "perkd.db").write_bytes(b"no database" * 500)
    with pytest.raises(ControlError, match=r"perkd\.db"):
        call_offline(tmp_path / "perkd.db", GAMES, Request("GET", "/api/players"))


def test_a_file_that_lacks_what_mongodb_has_is_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "perkd.db"
    listing = Request("GET", "/api/players")
    with pytest.raises(ControlError, match="may lack what MongoDB has: start perkd"):
        call_offline(database, GAMES, listing, replicated=True)
    player = {"game": "wos", "fid": "123", "state": "456"}
    assert call_offline(database, GAMES, Request("POST", "/api/players", json=player)).code == 201
    assert call_offline(database, GAMES, listing, replicated=True).code == 200
    SQLiteStore(database).mark_behind(True)
    for replicated in (True, False):  # the shell may lack the variable that the daemon has
        with pytest.raises(ControlError, match="may lack what MongoDB has"):
            call_offline(database, GAMES, listing, replicated=replicated)
