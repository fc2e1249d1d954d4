"""One account: connected again and again, until it is dead or nobody wants it any more."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import trio
from attrs import define, field

from actors.vip.ports import AccountDead, FloodWait, Trouble, Unreachable
from daemon.aio import Loop, LoopEnded, Outlet, TaskCancelled
from daemon.telegram.chat import DeskChat, find_desk, probe
from daemon.telegram.client import CONNECT_WITHIN, Client, bounded, close, new_client
from daemon.telegram.errors import translate
from daemon.telegram.handlers import Handlers
from daemon.telegram.keeping import SessionKeeping
from daemon.telegram.leases import AccountLeases, Held
from daemon.telegram.session_file import SessionBusy, hold_session
from daemon.telegram.status import NOT_YET
from daemon.telegram.values import Application, Connected, Died, Event, Lost

logger = logging.getLogger("perkd.telegram")

P = ParamSpec("P")
T = TypeVar("T")

KEPT_WITHIN = 5.0
"""Seconds that the store gets to take the session at the end of a connection."""
NOT_SIGNED_IN = "it is not signed in: `perkd telegram login {name}`"


@define(frozen=True)
class Pace:
    """Seconds."""

    first: float = 1.0
    """Before the second attempt to connect; doubled each time …"""
    most: float = 60.0
    """… up to this."""
    busy: float = 30.0
    """Before another look at a session file that another process uses."""
    probe_every: float = 600.0
    """Between two questions whether the account is still alive."""
    keep_every: float = 600.0
    """Between two looks whether the store has the session as it is; the first one comes sooner."""


@define(eq=False)
class Account:
    """A Telegram account. `run` keeps it connected, in trio; `ask` uses it meanwhile."""

    name: str
    session: Path
    desk: str
    application: Application
    loop: Loop
    events: Outlet[Event]
    """Where what happens is told; full, it holds this account up."""
    pace: Pace = field(factory=Pace)
    reason: str = NOT_YET
    """Why it is not connected; "" while it is."""
    dead: bool = False
    keeping: SessionKeeping | None = None
    """Keeps the session in the store as well; None: nobody does."""
    leases: AccountLeases | None = None
    """Says when it may connect; None: at any time."""
    _sent: "OrderedDict[int, int]" = field(factory=OrderedDict, init=False)
    _chat: DeskChat | None = field(default=None, init=False)
    _doubt: asyncio.Event = field(factory=asyncio.Event, init=False)
    _revived: trio.Event = field(factory=trio.Event, init=False)
    _held: Held | None = field(default=None, init=False)
    _open: bool = field(default=False, init=False)
    """There may be a connection."""

    @property
    def connected(self) -> bool:
        """Whether it can be used now."""
        return self._chat is not None

    async def ask(
        self,
        do: Callable[Concatenate[DeskChat, P], Awaitable[T]],
        *args: P.args,
        **fields: P.kwargs,
    ) -> T:
        """Do something in the chat with the desk: `await account.ask(DeskChat.send, message, random_id)`.

        Raises:
            Trouble: of the port. `Unreachable` while it is not connected, `AccountDead` when it is dead.
        """
        chat = self._chat
        if self.dead:
            raise AccountDead(self.reason)
        over = self._held is not None and self._held.over
        if chat is None or over:
            lost = "its lease has run out" if over else "the connection to Telegram was closed"
            raise Unreachable(f"{self.name} is not connected: {self.reason or lost}")
        try:
            return await self.loop.call(self._use, lambda: do(chat, *args, **fields))
        except (LoopEnded, TaskCancelled) as error:
            raise Unreachable(f"{self.name} is not connected: {error}") from error

    def revive(self) -> None:
        """It was signed in anew: try again. Of one that is not dead: nothing happens."""
        if self.dead:
            self.dead, self.reason = False, NOT_YET
            self._revived.set()
            self._revived = trio.Event()

    async def run(self) -> None:
        """Keep it connected while this daemon has its lease; dead, wait until it is revived."""
        while True:
            try:
                await self._hold_and_connect()
            except Unreachable as error:
                await self._lose(str(error))
            if self.dead:
                await self._revived.wait()

    async def _hold_and_connect(self) -> None:
        if self.leases is None:
            await self._keep_connected()
            return
        async with self.leases.hold(self.name, self._wait_because) as self._held:
            try:
                await self._keep_connected()
            finally:
                self._held.clean = not self._open

    async def _wait_because(self, reason: str) -> None:
        if self.reason != reason:
            await self._lose(reason)

    async def _keep_connected(self) -> None:
        """Returns when the account is dead."""
        pause = self.pace.first
        while not self.dead:
            try:
                with hold_session(self.session) as path:
                    await self._connect_once(path)
            except AccountDead as death:
                await self._die(death.reason)
                continue
            except (SessionBusy, OSError) as error:
                await self._lose(str(error))
                await trio.sleep(self.pace.busy)
                continue
            except Trouble as trouble:
                if not self.reason:  # it was connected
                    pause = self.pace.first
                await self._lose(str(trouble))
                await trio.sleep(max(pause, trouble.seconds) if isinstance(trouble, FloodWait) else pause)
                pause = min(pause * 2, self.pace.most)

    async def _connect_once(self, path: Path) -> None:
        if self.keeping is None:
            await self.loop.call(self._live, path)
            return
        await self.keeping.restore(self.name, path)
        try:
            await self.loop.call(self._live, path)
        finally:
            if not self.reason:  # it was connected, and Telethon has written its file
                with trio.move_on_after(KEPT_WITHIN, shield=True):
                    await self.keeping.keep(self.name, path)

    async def _lose(self, reason: str) -> None:
        if self.reason != reason:
            logger.warning("Telegram account %s is not connected: %s", self.name, reason)
        self.reason = reason
        await self.loop.call(self.events.send, Lost(self.name, reason))

    async def _die(self, reason: str) -> None:
        self.dead, self.reason = True, reason
        logger.error("Telegram account %s is out of use: %s", self.name, reason)
        await self.loop.call(self.events.send, Died(self.name, reason))

    # --- in the loop's thread ---------------------------------------------------------------------

    async def _live(self, path: Path) -> None:
        """One connection, from its beginning to its end, which is always an error."""
        client = await bounded(CONNECT_WITHIN, self._new_client, path)
        self._open = True
        handlers = Handlers(self.name, self.events)
        keeper: asyncio.Future[None] | None = None
        try:
            chat = await self._connect(client, handlers)
            self._doubt = asyncio.Event()
            self._chat, self.reason = chat, ""
            await self.events.send(Connected(self.name))
            handlers.begin(chat.peer)
            logger.info("Telegram account %s is connected", self.name)
            keeper = asyncio.ensure_future(self._keep_now_and_then(path))
            await self._wait_for_the_end(client, self._doubt)
        finally:
            self._chat = None
            handlers.end()
            if keeper is not None:
                keeper.cancel()
                await asyncio.wait([keeper])
            await close(client)
            self._open = False

    async def _connect(self, client: Client, handlers: Handlers) -> DeskChat:
        if client.session.auth_key is None or not client.session.auth_key.key:
            raise AccountDead(NOT_SIGNED_IN.format(name=self.name))
        handlers.listen(client)
        await bounded(CONNECT_WITHIN, client.connect)
        await probe(client)
        return DeskChat(client, await find_desk(client, self.desk), self._sent)

    async def _keep_now_and_then(self, path: Path) -> None:
        """The first time at once, then when Telethon has written what it learnt: it does so every minute."""
        if self.keeping is None:
            return
        pause = self.pace.keep_every / 8
        while True:
            await self.loop.run_in_trio(self.keeping.keep, self.name, path)
            await asyncio.sleep(pause)
            pause = self.pace.keep_every

    async def _new_client(self, path: Path) -> Client:
        return new_client(path, self.application)

    async def _use(self, do: Callable[[], Awaitable[T]]) -> T:
        """Do it; where that makes doubtful whether the account lives, it is probed at once."""
        try:
            return await do()
        except (AccountDead, Unreachable):
            self._doubt.set()
            raise

    async def _wait_for_the_end(self, client: Client, doubt: asyncio.Event) -> None:
        ended = asyncio.ensure_future(client.disconnected)
        while True:
            doubted = asyncio.ensure_future(doubt.wait())
            await asyncio.wait(
                [ended, doubted], timeout=self.pace.probe_every, return_when=asyncio.FIRST_COMPLETED
            )
            doubted.cancel()
            doubt.clear()
            if ended.done():
                error = ended.exception()
                trouble = translate(error) if isinstance(error, Exception) else None
                raise trouble or Unreachable("the connection to Telegram was closed")
            with suppress(FloodWait):  # so it lives
                await probe(client)
