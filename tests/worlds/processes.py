"""Real processes: `perkd` as an operator runs it, against a simulator on a loopback port."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from attrs import define, field

from actors.giftcodes.model import Player, Record
from actors.ports import Put
from daemon.simulator import SimPlayer, World, serve
from daemon.storage import SQLiteBackend

CONFIG = """\
[perkd]
data_dir = "var"

[status]
listen = ""
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
    log: Path = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.log = self.directory / "perkd.log"

    @property
    def config(self) -> Path:
        return self.directory / "config.toml"

    def write_config(self, more: str = "", protocol: str = "v2") -> None:
        (self.directory / "wos.key").write_text(self.world.games["wos"].key)
        self.config.write_text(CONFIG.format(port=self.port, more=more, protocol=protocol))

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

    @staticmethod
    def _env() -> dict[str, str]:
        return {**os.environ, "PYTHONWARNINGS": "default", "NO_COLOR": "1"}


@asynccontextmanager
async def open_host(directory: Path, world: World) -> AsyncIterator[Host]:
    """A host whose simulator runs in the test's own process: its counts are at hand."""
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, world)
        yield Host(directory, world, port)
        nursery.cancel_scope.cancel()
