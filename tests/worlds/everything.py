"""perkd as a process with all configured: a game, a source, Discord, MongoDB, backups; VIP too."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trio
from attrs import define

from tests.worlds.discord_process import Stage, open_stage
from tests.worlds.mongodb.server import open_mongo
from tests.worlds.ports import free_port
from tests.worlds.telegram import DataCentre, open_telegram

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
async def open_everything(directory: Path, *, vip: bool = False) -> AsyncIterator[Everything]:
    """`stage.host.perkd()` runs it. `vip`: with VIP threads, and Telegram."""
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(open_stage(directory, codes=("SNOW",)))
        mongo = await stack.enter_async_context(open_mongo())
        server = stage.add_server()
        port = free_port()
        manager = directory / "notify"  # nobody listens there
        stage.host.env |= {"MONGODB_URI": f"{mongo.uri}perkd", "NOTIFY_SOCKET": str(manager)}
        more = "[storage]\nbackup_every = 86400\n"
        if vip:
            telegram = await stack.enter_async_context(open_telegram())
            more += _vip(telegram, directory, server.guild)
            stage.host.env |= {
                "TELEGRAM_API_ID": str(telegram.api_id),
                "TELEGRAM_API_HASH": telegram.api_hash,
            }
        stage.write_config(more, listen=f"127.0.0.1:{port}")
        yield Everything(stage, f"http://127.0.0.1:{port}")


def _vip(telegram: DataCentre, directory: Path, guild: Any) -> str:
    """The configuration of VIP threads with one account, which is signed in."""
    account = telegram.add_account("desk-1")
    session = directory / "desk-1.session"
    telegram.write_session(session, account).chmod(0o600)
    upgrade, staff = guild.add_channel("upgrade"), guild.add_role("staff")
    return f"""
[vip]
enabled = true
upgrade_channel = {upgrade.id}
staff_roles = [{staff.id}]
desk = "@vip_desk"
[[telegram.accounts]]
name = "{account.name}"
session = "{session}"
"""
