"""perkd as a process with everything configured: a game, a source, Discord, MongoDB, the page, backups."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import trio
from attrs import define

from tests.worlds.discord_process import Stage, open_stage
from tests.worlds.mongodb.server import open_mongo
from tests.worlds.ports import free_port

PATIENCE = 60.0


@define(eq=False)
class Everything:
    """The stand-ins, and where the page is."""

    stage: Stage
    url: str

    async def until_ready(self) -> None:
        """Until `/readyz` says so. Fails with what it says otherwise."""
        said = "nothing"
        with trio.move_on_after(PATIENCE):
            async with httpx.AsyncClient() as client:
                while True:
                    try:
                        answer = await client.get(f"{self.url}/readyz", timeout=5)
                    except httpx.TransportError as error:
                        said = repr(error)
                    else:
                        said = answer.text
                        if answer.status_code == httpx.codes.OK:
                            return
                    await trio.sleep(0.01)
        raise AssertionError(f"not ready within {PATIENCE:g} s: {said}; log:\n{self.stage.host.log_text()}")


@asynccontextmanager
async def open_everything(directory: Path) -> AsyncIterator[Everything]:
    """`stage.host.perkd()` runs it."""
    async with open_stage(directory, codes=("SNOW",)) as stage, open_mongo() as mongo:
        stage.add_server()
        port = free_port()
        manager = directory / "notify"  # nobody listens there
        stage.host.env |= {"MONGODB_URI": f"{mongo.uri}perkd", "NOTIFY_SOCKET": str(manager)}
        stage.write_config("[storage]\nbackup_every = 86400\n", listen=f"127.0.0.1:{port}")
        yield Everything(stage, f"http://127.0.0.1:{port}")
