"""Real processes: `perkd` as an operator runs it, against a simulator on a loopback port."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trio
from attrs import define, field

from actors.giftcodes.model import Player, Record
from actors.ports import Put
from daemon.simulator import Latency, Listing, SimCode, SimGame, SimPlayer, SimSource, World, serve
from daemon.storage import SQLiteBackend

KEY = "the-key-of-wos-in-tests"
Document = dict[str, Any]
SILENT = 3.0
"""Seconds after which silence is no delay of the machine's any more."""

FAST = """
[redeem]
requests_per_minute = 10000
player_spacing = 0.05
[redeem.backoff]
step = 0.1
"""

CONFIG = """\
[perkd]
data_dir = "var"
log_format = "{log_format}"

[status]
listen = "{listen}"
socket = "var/perkd.sock"

[games.wos]
protocol = "{protocol}"
base_url = "http://127.0.0.1:{port}/wos/api"
origin = "http://127.0.0.1:{port}"
sign_key_file = "wos.key"
captcha = "none"

[[sources]]
name = "feed"
game = "wos"
kind = "json"
url = "http://127.0.0.1:{port}/sources/feed.json"
interval = 0.5
{more}
"""


@define
class Host:
    """A directory with a configuration, a simulator, and the commands run there."""

    directory: Path
    world: World
    port: int
    env: dict[str, str] = field(factory=dict)
    """Beside this process's own environment."""
    log: Path = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.log = self.directory / "perkd.log"

    @property
    def config(self) -> Path:
        return self.directory / "config.toml"

    def write_config(
        self,
        more: str = "",
        protocol: str = "v2",
        *,
        key: str | None = None,
        log_format: str = "console",
        listen: str = "",
    ) -> None:
        """`key`: another one than the game's; "" is none. `listen`: of the web page; "" is off."""
        (self.directory / "wos.key").write_text(self.world.games["wos"].key if key is None else key)
        values = {"port": self.port, "more": more, "protocol": protocol}
        self.config.write_text(CONFIG.format(**values, log_format=log_format, listen=listen))

    def add_players(self, players: Sequence[SimPlayer]) -> None:
        """Into the simulator, and into the store of the stopped daemon."""
        self.world.games["wos"].add_player(*players)
        self.commit([Player("wos", player.fid, player.kid, player.name) for player in players])

    def commit(self, records: Sequence[Record]) -> None:
        backend = self._backend()
        backend.open()
        backend.commit([Put(record) for record in records])
        backend.close()

    def find(self, type_: type[Record], **equal: Any) -> list[Any]:
        """Read the stopped daemon's store."""
        backend = self._backend()
        backend.open()
        try:
            return backend.find(type_, **equal)
        finally:
            backend.close()

    def _backend(self) -> SQLiteBackend:
        return SQLiteBackend(self.directory / "var" / "perkd.sqlite3")

    async def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run one `perkd` command to its end."""
        return await trio.run_process(
            self._line(words), check=check, capture_stdout=True, capture_stderr=True, env=self._env()
        )

    async def status(self) -> dict[str, Any] | None:
        """What `perkd status --json` prints; None while nobody answers."""
        done = await self.command("status", "--json", check=False)
        return json.loads(done.stdout) if done.returncode < 3 and done.stdout else None

    @property
    def socket(self) -> Path:
        return self.directory / "var" / "perkd.sock"

    async def ask(self, method: str, path: str, **fields: Any) -> httpx.Response:
        """One request to the running daemon, without the price of a process."""
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket), verify=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://perkd") as client:
            return await client.request(method, path, timeout=60, **fields)

    async def until(self, met: Callable[[Document], bool], within: float = 90.0) -> Document:
        """Look until the status is as wanted. Fails with the last status and the log.

        Where the machine stood still while perkd asked its actors, the status lacks what they say: such a one
        is passed over.
        """
        document: Document | None = None
        with trio.move_on_after(within):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    document = (await self.ask("GET", "/api/status?all=1")).json()
                    if not was_held_up(document) and met(document):
                        return document
                await trio.sleep(0.02)
        raise AssertionError(f"not within {within:g} s; status: {document}; log:\n{self.log_text()}")

    async def until_ready(self, within: float = 90.0) -> Document:
        return await self.until(lambda status: status["health"] != "down", within)

    async def until_settled(self, codes: int = 1, within: float = 90.0) -> Document:
        """Until so many codes are live and nothing is owed any more."""
        return await self.until(
            lambda status: status["giftcodes"]["codes"] == codes and status["giftcodes"]["owed"] == 0, within
        )

    async def until_logged(self, text: str, within: float = 90.0) -> None:
        with trio.move_on_after(within):
            while text not in self.log_text():  # noqa: ASYNC110 - another process writes it
                await trio.sleep(0.02)
            return
        raise AssertionError(f"{text!r} was not logged within {within:g} s:\n{self.log_text()}")

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    @asynccontextmanager
    async def perkd(self) -> AsyncIterator[trio.Process]:
        """`perkd run`, killed at the end if it still lives."""
        with self.log.open("ab") as log:
            process = await trio.lowlevel.open_process(
                self._line(["run"]), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._env()
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()

    async def stop(self, process: trio.Process) -> int:
        """SIGTERM, and its exit code."""
        process.send_signal(signal.SIGTERM)
        with trio.fail_after(30):
            return await process.wait()

    def _line(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "daemon", "--config", str(self.config), *words]

    def _env(self) -> dict[str, str]:
        return {**os.environ, "PYTHONWARNINGS": "default", "NO_COLOR": "1", **self.env}


def was_held_up(status: Document) -> bool:
    """Whether somebody was silent in it who was heard a moment ago."""
    for_a_moment = any(seconds < SILENT for seconds in status["silent"].values())
    return for_a_moment or "Discord's thread does not answer" in status["problems"]


def small_world(*, players: int = 3, latency: float = 0.0, **game: Any) -> tuple[World, list[SimPlayer]]:
    """One game, one code that is listed, some players who are not registered yet."""
    world = World(latency=Latency(latency, latency))
    world.add_game(SimGame(name="wos", key=KEY, **{"limit": 10_000, "spacing": 0.0, **game}))
    world.add_source(SimSource(name="feed", game="wos", listings=[Listing("SNOW")]))
    world.games["wos"].add_code(SimCode("SNOW"))
    return world, [SimPlayer(str(1001 + n), kid="7", name=f"P{n}") for n in range(players)]


@asynccontextmanager
async def open_host(directory: Path, world: World) -> AsyncIterator[Host]:
    """A host whose simulator runs in the test's own process: its counts are at hand."""
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, world)
        yield Host(directory, world, port)
        nursery.cancel_scope.cancel()


def imported(config: Path, *names: str) -> list[str]:
    """Which of these modules a daemon has imported once it is assembled."""
    script = """
import sys, trio
from pathlib import Path
from daemon.app import open_daemon
from daemon.config import load_config

async def main():
    async with open_daemon(load_config(Path(sys.argv[1]), {})):
        print(*[name for name in sys.argv[2:] if name in sys.modules])

trio.run(main)
"""
    done = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", script, str(config), *names],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
