"""perkd with its VIP half on, in the test's own process; both stand-ins beside it, the store is real."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from attrs import define

from actors.vip.model import ClosedVIPSession, Crossing, VIPSession
from actors.vip.pool_messages import PoolNumbers, PoolStatus
from daemon.app import Daemon, open_daemon
from daemon.assembly_vip import ACCOUNT_POOL
from daemon.config import load_config
from supervision import SupervisionError
from tests.worlds.discord_process import said
from tests.worlds.vip_process import VIPStage, open_vip_stage

PATIENCE = 60.0


@define(eq=False)
class VIPDaemon:
    """`stage` is the world around `made`."""

    stage: VIPStage
    made: Daemon

    async def until(self, look: Any, within: float = PATIENCE) -> Any:
        """What `look` finds, once it is true; it may be async."""
        found = None
        with trio.move_on_after(within):
            while True:
                found = look()
                if hasattr(found, "__await__"):
                    found = await found
                if found:
                    return found
                await trio.sleep(0.01)
        raise AssertionError(f"not within {within:g} s; status: {await self.made.report.make()}")

    async def status(self) -> Any:
        return await self.made.report.make()

    async def until_status(self, met: Any) -> Any:
        """The status, once it is as wanted."""

        async def seen() -> Any:
            status = await self.status()
            return status if met(status) else None

        return await self.until(seen)

    async def pool(self) -> PoolNumbers | None:
        """The accounts; None while the pool can't tell."""
        try:
            return await self.made.tree.ref(ACCOUNT_POOL).ask(PoolStatus())
        except SupervisionError:
            return None

    async def states(self) -> dict[str, str]:
        """The state of each account."""
        pool = await self.pool()
        return {} if pool is None else {one.name: one.state.value for one in pool.accounts}

    async def until_accounts(self, **wanted: str) -> None:
        """Until each account is in this state (`desk_1="free"`)."""
        states = {name.replace("_", "-"): state for name, state in wanted.items()}

        async def so() -> bool:
            return await self.states() == states

        await self.until(so)

    async def until_ready(self) -> None:
        """Until the bot is there, its commands are known, and every account is free."""
        discord = self.stage.stage.discord

        async def so() -> bool:
            status = await self.status()
            states = await self.states()
            connected = status["discord"]["state"] == "connected"
            return connected and bool(discord.commands) and bool(states) and set(states.values()) == {"free"}

        await self.until(so)

    async def opened(self, name: str = "Ann", *, staff: bool = False) -> tuple[Any, Any]:
        """Somebody presses the button; the member, and its thread, once it was welcomed there."""
        stage = self.stage
        if stage.panel is None:
            await stage.post_panel()
        member = stage.member(name, staff=staff)
        return member, await self.press(member)

    async def press(self, member: Any) -> Any:
        """The thread that the member's press has opened."""
        before = {thread.id for thread in self.stage.threads_of(member)}
        await self.stage.press(member)

        def found() -> list[Any]:
            threads = self.stage.threads_of(member)
            return [one for one in threads if one.id not in before and any(m.text for m in one.messages)]

        return (await self.until(found))[0]

    async def until_at_desk(self, text: str) -> Any:
        """The account in whose chat the desk can read it."""
        stage = self.stage
        return (await self.until(lambda: [one for one in stage.accounts if text in stage.texts(one)]))[0]

    async def until_in_thread(self, thread: Any, text: str, within: float = PATIENCE) -> Any:
        """The message that shows it."""
        return (await self.until(lambda: [one for one in thread.messages if text in said(one)], within))[0]

    async def sessions(self) -> list[VIPSession]:
        return await self.made.store.find(VIPSession)

    async def closed(self) -> list[ClosedVIPSession]:
        return await self.made.store.find(ClosedVIPSession)

    async def crossings(self) -> list[Crossing]:
        return await self.made.store.find(Crossing)


@asynccontextmanager
async def running(stage: VIPStage) -> AsyncIterator[VIPDaemon]:
    """One life of the daemon; the environment is the stage's meanwhile."""
    before = dict(os.environ)
    os.environ.update(stage.host.env)
    try:
        config = load_config(stage.host.config, {})
        async with open_daemon(config) as made, trio.open_nursery() as nursery:
            await nursery.start(made.tree.run)
            yield VIPDaemon(stage, made)
            made.tree.stop()
    finally:
        os.environ.clear()
        os.environ.update(before)


@asynccontextmanager
async def open_vip_daemon(directory: Path, *, accounts: int = 1, more: str = "") -> AsyncIterator[VIPDaemon]:
    """One life, and the world around it."""
    async with open_vip_stage(directory, accounts=accounts, more=more) as stage, running(stage) as daemon:
        yield daemon
