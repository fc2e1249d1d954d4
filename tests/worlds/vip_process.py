"""The whole perkd as a process with the VIP half on: Discord and Telegram stand in the test's own process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import define

from actors.vip.model import VIPAccount, VIPSession
from tests.worlds.discord_process import PATIENCE, Server, Stage, open_stage, said
from tests.worlds.telegram import DataCentre, open_telegram
from tests.worlds.telegram.state import Account

BUTTON = "vip:open:v1"

VIP = """
[vip]
enabled = true
upgrade_channel = {channel}
staff_roles = [{staff}]
vip_role = {vip}
log_channel = {log}
desk = "@vip_desk"
{more}
[telegram]
"""
ACCOUNT = """
[[telegram.accounts]]
name = "{name}"
session = "var/telegram/{name}.session"
"""


@define(eq=False)
class VIPStage:
    """`stage` runs perkd and Discord; `telegram` has the accounts, and the desk that they write to."""

    stage: Stage
    telegram: DataCentre
    server: Server
    upgrade: Any
    """The channel of the button."""
    log: Any
    """The channel where staff read what happened."""
    staff: Any
    """The role whose holders are staff."""
    vip: Any
    """The role of those who have been upgraded."""
    panel: Any = None
    """The message with the button, once it was posted."""

    @property
    def host(self) -> Any:
        return self.stage.host

    @property
    def accounts(self) -> list[Account]:
        return list(self.telegram.accounts.values())

    def write_config(self, more: str = "") -> None:
        """`more`: of `[vip]`."""
        values = {"channel": self.upgrade.id, "staff": self.staff.id, "vip": self.vip.id, "log": self.log.id}
        named = "".join(ACCOUNT.format(name=name) for name in self.telegram.accounts)
        self.stage.write_config(VIP.format(more=more, **values) + named)

    def member(self, name: str, *, staff: bool = False) -> Any:
        """Somebody in the server."""
        return self.server.guild.add_member(name, roles=(self.staff,) if staff else ())

    async def post_panel(self) -> None:
        """Once: the button outlives restarts."""
        await self.server.admin.slash(self.upgrade, "vip panel")
        self.panel = await self.until(lambda: self.upgrade.messages and self.upgrade.messages[-1])

    async def press(self, member: Any) -> str:
        """What the member is told in answer to the button."""
        return said(await member.press(self.panel, BUTTON))

    def threads_of(self, member: Any, *, live: bool = True) -> list[Any]:
        """The threads that the member is in: the live ones, or all."""
        return [
            thread
            for thread in self.server.guild.threads()
            if member.id in thread.thread_members and not (live and thread.archived)
        ]

    async def open(self, member: Any) -> Any:
        """Press the button; the thread, once the member was welcomed there."""
        await self.press(member)
        return await self.until(lambda: [one for one in self.threads_of(member) if one.messages], first=True)

    async def until(self, look: Callable[[], Any], within: float = PATIENCE, *, first: bool = False) -> Any:
        found = await self.stage.until(look, within)
        return found[0] if first else found

    async def until_at_desk(self, text: str, within: float = PATIENCE) -> Account:
        """The account in whose chat the desk can read this."""
        return await self.until(
            lambda: [one for one in self.accounts if text in self.texts(one)], within, first=True
        )

    async def until_in_thread(self, thread: Any, text: str, within: float = PATIENCE) -> Any:
        """The message in the thread that shows this text."""
        return await self.until(
            lambda: [one for one in thread.messages if text in said(one)], within, first=True
        )

    def texts(self, account: Account) -> str:
        """All that the account has in its chat with the desk."""
        return "\n".join(self.telegram.chat(account).texts)

    async def until_accounts(self, state: str, count: int | None = None, within: float = PATIENCE) -> None:
        """Until so many accounts (None: all) are in this state."""
        wanted = len(self.accounts) if count is None else count
        await self.host.until(lambda seen: seen["vip"]["accounts"].get(state, 0) == wanted, within)

    def sessions(self) -> list[VIPSession]:
        """In the stopped daemon's store."""
        return self.host.find(VIPSession)

    def leases(self) -> dict[str, str]:
        """The state of each account in the stopped daemon's store."""
        return {one.name: str(one.state) for one in self.host.find(VIPAccount)}


@asynccontextmanager
async def open_vip_stage(directory: Path, *, accounts: int = 1, more: str = "") -> AsyncIterator[VIPStage]:
    """A server with a channel for the button, and signed-in accounts."""
    async with open_stage(directory) as stage, open_telegram() as telegram:
        server = stage.add_server()
        roles = [server.guild.add_role(name) for name in ("desk crew", "vip")]
        channels = [server.guild.add_channel(name) for name in ("upgrade", "crew-log")]
        vip = VIPStage(stage, telegram, server, *channels, *roles)
        sessions = directory / "var" / "telegram"
        sessions.mkdir(parents=True, mode=0o700)
        (directory / "var").chmod(0o700)
        for number in range(accounts):
            account = telegram.add_account(f"desk-{number + 1}")
            telegram.write_session(sessions / f"{account.name}.session", account).chmod(0o600)
        stage.host.env |= {"TELEGRAM_API_ID": str(telegram.api_id), "TELEGRAM_API_HASH": telegram.api_hash}
        vip.write_config(more)
        stage.discord.interactions.patience = PATIENCE
        yield vip
