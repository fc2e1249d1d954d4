"""Opening a session: lease → thread → member → introduction → welcome → open. Each is recorded when done.

What a crash, an outage or a cancellation leaves half done is looked for and taken over, so that running it
again finishes it. Its undo is the ending: that cleans up whatever there is.
"""

import logging
from collections.abc import Awaitable, Callable

import trio
from attrs import define, field

from actors.vip import pool_messages as pool
from actors.vip.checking import notice_of_forbidden, word_of
from actors.vip.messages import Bound, Click
from actors.vip.model import AccountState, EndReason, SessionState, VIPSession
from actors.vip.nonces import random_id
from actors.vip.parts import SessionParts
from actors.vip.ports import (
    AccountDead,
    Content,
    FloodWait,
    Forbidden,
    Gone,
    Limited,
    Refused,
    Unreachable,
    WrongEpoch,
)
from actors.vip.retrying import patiently
from actors.vip.words import Notice, Word
from supervision import ActorCrashed, AskTimeout

logger = logging.getLogger(__name__)

_ASK_AGAIN = 1.0
"""Seconds until the pool is asked again for what it can't say now."""

NOT_TAKEN = "it can't write to the desk"
"""Why an account is limited whose introduction was refused: the desk may have blocked it."""

LOST = (AccountDead, Limited, WrongEpoch)
"""The account is of no more use to this session."""


@define(eq=False)
class Opening:
    """Brings a recorded session to where it is open."""

    _parts: SessionParts
    granted: trio.Event = field(factory=trio.Event)
    """The pool has told that an account is free."""
    _doubtful: bool = True
    """A thread may have been made that is not recorded."""

    @property
    def _session(self) -> VIPSession:
        return self._parts.book.live

    async def begin(self, click: Click) -> None:
        """Record a new session."""
        parts = self._parts
        member = parts.member
        self._doubtful = False
        await parts.book.begin(
            VIPSession(
                member.guild,
                member.id,
                parts.ports.new_id(),
                SessionState.OPENING,
                started_at=parts.now(),
                name=click.name,
            )
        )

    async def run(self) -> None:
        """Open, or record that it ends. Raises `StoreUnavailable`: to be run again."""
        try:
            await self._open()
        except Forbidden as error:
            await self._fail(EndReason.NO_PERMISSION, error)
            await self._parts.answer_clicks(await notice_of_forbidden(self._parts))
        except (Gone, Refused, Unreachable, FloodWait) as error:
            at_desk = self._session.member_added and not self._session.desk_from
            await self._fail(EndReason.OPENING_FAILED, error)
            await self._parts.answer_clicks(Notice.of(Word.DESK_AWAY if at_desk else word_of(error)))

    async def _open(self) -> None:
        parts = self._parts
        while True:
            await self.lease()
            await self._make_thread()
            await self._add_member()
            try:
                await self.introduce()
            except LOST as error:
                await self.lose_account(error)
            else:
                break
        if not self._session.welcome:
            welcome = Notice.of(Word.WELCOME, member=parts.member.id)
            message = await self._try(lambda: parts.say("welcome", welcome, doubtful=True))
            await parts.book.update(welcome=message)
        now = parts.now()
        await parts.book.update(state=SessionState.OPEN, opened_at=now, active_at=now)
        logger.info("VIP session opened for user %s in thread %s", parts.member.id, self._session.thread)
        link = parts.link()
        await parts.answer_clicks(Notice.of(Word.OPENED, link=link), Notice.of(Word.ALREADY_OPEN, link=link))

    # --- the account ----------------------------------------------------------------------------

    async def lease(self) -> None:
        """Have an account: the one that is recorded, or another; waits on the list if need be."""
        while True:
            answer = await self._ask_pool()
            match answer:
                case pool.Granted(lease):
                    if lease != self._parts.lease:
                        state = self._session.state
                        now_state = SessionState.OPENING if state is SessionState.WAITING else state
                        await self._parts.book.update(
                            account=lease.account,
                            epoch=lease.epoch,
                            desk_from="",
                            seen_desk="",
                            state=now_state,
                            moved=state is SessionState.OPEN,
                        )
                    return
                case pool.Queued(position):
                    await self._wait(position)
                case _:
                    await trio.sleep(_ASK_AGAIN)

    async def _ask_pool(self) -> object:
        session, parts = self._session, self._parts
        self.granted = trio.Event()
        request = pool.RequestLease(session.id, session.key, session.started_at, parts.actor)
        try:
            return await parts.ports.pool.ask(request)
        except (AskTimeout, ActorCrashed):
            return pool.NotNow()

    async def _wait(self, position: int) -> None:
        if self._session.state is SessionState.OPENING:
            await self._parts.book.update(state=SessionState.WAITING, account="", epoch=0)
        if self._session.state is SessionState.WAITING:  # else it is open, and waits for another account
            await self._parts.tell_place(position)
        with trio.move_on_after(self._parts.policy.reconcile):
            await self.granted.wait()

    async def lose_account(self, error: Exception) -> None:
        """The account is of no more use: tell the pool, and forget the lease."""
        lease = self._parts.lease
        if isinstance(error, AccountDead | Limited):
            state = AccountState.DEAD if isinstance(error, AccountDead) else AccountState.LIMITED
            self._parts.tell_pool(pool.AccountOut(lease.account, state, str(error)))
        else:
            await trio.sleep(_ASK_AGAIN)
        await self._parts.book.update(account="", epoch=0, desk_from="", seen_desk="")

    async def introduce(self) -> None:
        """Tell the desk who is coming. What it wrote before that message is not for this session."""
        session, parts = self._session, self._parts
        if session.desk_from:
            return
        message = await self._present()
        border = message or await self._try(self._last_at_desk)
        # The chat was empty: what is in it before this message is for staff, and is read as well.
        await parts.book.update(desk_from=border, seen_desk="0")

    async def _present(self) -> str:
        """Send the introduction. An account that may not even say who comes is of no use, for now."""
        session, desk = self._session, self._parts.ports.desk
        moved = int(session.state is SessionState.OPEN)
        number = random_id(session.id, "introduction", session.account, session.epoch)

        async def send(name: str) -> str:
            notice = Notice.of(Word.INTRODUCTION, name=name, member=session.member, moved=moved)
            return await self._try(lambda: desk.send(self._parts.lease, Content.say(notice), number))

        try:
            return await send(session.name)
        except Refused:  # one member's name is to take no account away from the others
            try:
                return await send(session.member)
            except Refused as error:
                raise Limited(f"{NOT_TAKEN}: {error}") from error

    async def _last_at_desk(self) -> str:
        """An earlier try sent it, and its id can't be told: what is there now is the border."""
        history = await self._parts.ports.desk.history(self._parts.lease, "", 100)
        return history[-1].id if history else "0"

    # --- the thread -----------------------------------------------------------------------------

    async def _make_thread(self) -> None:
        parts = self._parts
        if not self._session.thread:
            thread = await self._try(self._find_or_create)
            await parts.book.update(thread=thread)
        parts.tell_office(Bound(parts.member, self._session.thread))

    async def _find_or_create(self) -> str:
        session, threads = self._session, self._parts.ports.threads
        if self._doubtful:
            found = await threads.find_created(session.guild, session.tag)
            if found is not None:
                return found
        self._doubtful = True  # until its answer is recorded
        try:
            return await threads.create(session.guild, session.name, session.tag)
        except Refused:
            return await threads.create(session.guild, "", session.tag)

    async def _add_member(self) -> None:
        session, parts = self._session, self._parts
        if not session.member_added:
            await self._try(lambda: parts.ports.threads.add_member(session.thread, session.member))
            await parts.book.update(member_added=True)

    async def _try(self, do: Callable[[], Awaitable[str | None]]) -> str:
        policy = self._parts.policy
        return await patiently(policy, do, tries=policy.tries, longest_flood=policy.opening_flood) or ""

    async def _fail(self, reason: EndReason, error: Exception) -> None:
        logger.warning("The VIP session for user %s could not be opened: %s", self._parts.member.id, error)
        await self._parts.book.update(state=SessionState.ENDING, ending=reason, drained=True)
