"""perkd on a store of a million redemptions, as its operator meets it: start, memory, history, a new code."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import trio

from actors.giftcodes.model import Guild
from actors.ports import Put
from benchmarks.campaign import SilentBoard, running
from benchmarks.large_store import LargeCase
from benchmarks.recording import describe_delays, watched_loop
from benchmarks.recording_both import mongodb_server
from benchmarks.timing import KIB, Measured, resident
from daemon.app import open_daemon
from daemon.config import load_config
from daemon.control.client import call
from daemon.control.errors import ControlError
from daemon.logs import configure_logging
from daemon.process import collect_garbage_seldom
from daemon.storage import SQLiteBackend, journal
from daemon.storing import database

CASE = LargeCase()
GAME = "wos"
NEW_CODE = "SNOW2026"
WITHIN = 120.0
"""Seconds after which nothing more is waited for."""
COPYING = 60.0
"""Seconds of a full copy to MongoDB that are looked at: the stand-in holds it in memory, and gets slow."""
LOOK_EVERY = 0.01
LOOKS = 50
MIB = KIB * KIB

Document = dict[str, Any]


def run() -> Measured:
    """A process `perkd run` after another on the same store: seconds, milliseconds, MiB."""
    with tempfile.TemporaryDirectory() as directory:
        config = _prepare(Path(directory))
        socket = load_config(config, {}).status.socket
        _forget_pages(database(load_config(config, {})))
        with _perkd(config) as (cold, _):
            pass
        with _perkd(config) as (start, process):
            cpu, at_start = _processor_seconds(process), _memory(process, "VmRSS")
            measured = _ask(socket, config)
            most = _memory(process, "VmHWM")
    started = {"cold_start": cold, "start": start, "start_cpu": cpu}
    return {**started, "rss": at_start, "rss_most": most, **measured}


def mongodb() -> Measured:
    """Memory where MongoDB keeps the state as well, and is getting a full copy of it: it has nothing yet."""
    with tempfile.TemporaryDirectory() as directory, mongodb_server() as uri:
        config = _prepare(Path(directory))
        loaded = load_config(config, {})
        _prune_journal(database(loaded))
        with _perkd(config, MONGODB_URI=uri) as (_, process):
            at_start = _memory(process, "VmRSS")
            time.sleep(COPYING)
            return {"rss": at_start, "rss_most": _memory(process, "VmHWM")}


def new_code() -> Measured:
    """A code that 14,000 players are owed: what that costs a daemon with a million redemptions."""
    collect_garbage_seldom()  # as `perkd run` does
    with tempfile.TemporaryDirectory() as directory:
        config = _prepare(Path(directory))
        with Path(directory, "perkd.log").open("w") as log:
            configure_logging("json", "info", log)
            return trio.run(_add_code, config)


def _prepare(directory: Path) -> Path:
    """The store, and the configuration of a daemon whose games' servers refuse every connection."""
    key, config = directory / "key", directory / "config.toml"
    key.write_text("a key of nobody's")
    games = [
        f'[games.{game}]\nbase_url = "http://127.0.0.1:9/{game}/api"\nsign_key_file = "{key}"\n'
        for game, _ in CASE.players
    ]
    perkd = f'[perkd]\ndata_dir = "{directory}"\n[status]\nsocket = "{directory / "perkd.sock"}"\n'
    config.write_text(perkd + "".join(games))
    path = str(database(load_config(config, {})))
    subprocess.run([sys.executable, "-m", "benchmarks.large_store", path], check=True)
    return config


def _prune_journal(path: Path) -> None:
    """As after years: the journal does not reach back to the first batch, so that a full copy has to do."""
    with closing(SQLiteBackend(path)) as backend:
        backend.open()
        last = backend.commit([Put(Guild("1", "Snow"))])
    with closing(sqlite3.connect(path)) as connection, connection:
        journal.begin_after(connection, last)
        connection.execute("DELETE FROM journal")


# --- a process ----------------------------------------------------------------------------------


def _forget_pages(path: Path) -> None:
    """Have the kernel read the file from the disk again, as after a restart of the host."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _command(config: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "daemon", "--config", str(config), *words]


@contextmanager
def _perkd(config: Path, **more: str) -> Iterator[tuple[float, int]]:
    """`perkd run`: seconds until it was ready, and its process number. `more`: of its environment."""
    socket = load_config(config, {}).status.socket
    began = perf_counter()
    environment = {**os.environ, **more}
    with subprocess.Popen(_command(config, "run"), stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            while not _is_ready(socket):
                assert perf_counter() - began < WITHIN, "perkd is not ready"
                time.sleep(LOOK_EVERY)
            yield perf_counter() - began, process.pid
        finally:
            process.terminate()


def _is_ready(socket: Path) -> bool:
    """Whether it is healthy: then the campaign has read the store, and knows what is owed."""
    try:
        return bool(call(socket, "GET", "/api/status").document["health"] == "healthy")
    except ControlError:
        return False


def _memory(process: int, name: str) -> float:
    """MiB: `VmRSS`, what is in memory now; `VmHWM`, at most until now."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / KIB


def _processor_seconds(process: int) -> float:
    """What it has computed until now, whatever else the machine had to do."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _ask(socket: Path, config: Path) -> Measured:
    players = [fid for fid in CASE.fids(GAME) if int(fid) % 100 == 0][:LOOKS]
    history = [_time(socket, "/api/history", player=f"{GAME}/{fid}") for fid in players]
    status = [_time(socket, "/api/status") for _ in range(LOOKS)]
    names: list[Document] = call(socket, "GET", "/api/players", query={"game": GAME}).document
    name = [_time(socket, "/api/history", player=player["name"]) for player in names[: LOOKS // 5]]
    newest = _time(socket, "/api/history")
    began = perf_counter()
    command = _command(config, "history", "--player", players[0], "--json")
    shown = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert len(shown) >= CASE.codes
    return {
        "history": median(history),
        "history_worst": max(history),
        "history_name": median(name),
        "history_process": (perf_counter() - began) * 1e3,
        "history_newest": newest,
        "status": median(status),
    }


def _time(socket: Path, path: str, **query: str) -> float:
    began = perf_counter()
    answer = call(socket, "GET", path, query=query)
    assert not answer.problem, answer.problem
    return (perf_counter() - began) * 1e3


# --- in this process, for the event loop's delay ------------------------------------------------


async def _add_code(config: Path) -> Measured:
    loaded = load_config(config, {})
    async with watched_loop() as delays, open_daemon(loaded, SilentBoard()) as made, running(made.tree):
        await _until(loaded.status.socket, lambda status: status["health"] == "healthy")
        starting = describe_delays(delays)
        before = resident()
        delays.clear()
        began = perf_counter()
        added = await _ask_thread(loaded.status.socket, "POST", "/api/codes", NEW_CODE)
        assert added["result"] == "added"
        owed = dict(CASE.players)[GAME]
        await _until(loaded.status.socket, lambda status: status["giftcodes"]["owed"] >= owed)
        derived = perf_counter() - began
        await _until(loaded.status.socket, lambda status: _at_work(status) >= owed)
        waiting = perf_counter() - began
        working = describe_delays(delays)
        after = resident()
        made.tree.cancel()
    return {
        "start_p99": starting["p99"],
        "start_worst": starting["worst"],
        "derived": derived * 1e3,
        "waiting": waiting,
        "p99": working["p99"],
        "worst": working["worst"],
        "redeemer": (after - before) / KIB / owed,
        "rss": after / MIB,
    }


def _at_work(status: Document) -> int:
    lanes = status["giftcodes"]["rate"].values()
    return sum(lane["waiting"] + lane["in_flight"] for lane in lanes)


async def _until(socket: Path, met: Any) -> None:
    with trio.fail_after(WITHIN):
        while True:
            try:
                if met(await _ask_thread(socket, "GET", "/api/status")):
                    return
            except ControlError:
                pass
            await trio.sleep(0.05)


async def _ask_thread(socket: Path, method: str, path: str, code: str = "") -> Document:
    body = {"game": GAME, "code": code} if code else None
    answer = await trio.to_thread.run_sync(lambda: call(socket, method, path, json=body))
    assert not answer.problem, answer.problem
    document: Document = answer.document
    return document
