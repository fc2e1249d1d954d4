"""VIPThreadActor: one member's session, from the click on the button to the account given back."""

import logging

import trio
from attrs import define, field

from actors.ports import StoreUnavailable
from actors.vip import messages as m
from actors.vip import pool_messages as pool
from actors.vip.checking import refusal
from actors.vip.clearing_report import record_orders
from actors.vip.ending import Ending, forget, tell_closed
from actors.vip.greeting import Greeting
from actors.vip.intake import is_staff
from actors.vip.last_words import LastWords
from actors.vip.model import EndReason, SessionState
from actors.vip.parts import SessionParts, ThreadPorts
from actors.vip.relay import Relay
from actors.vip.relay_events import hand_over
from actors.vip.saga import Opening
from actors.vip.session_book import SessionBook
from actors.vip.thread_closing import CLEANING
from actors.vip.words import Notice, Word
from supervision import Actor

logger = logging.getLogger(__name__)

_QUICK_DRAIN = 5.0
"""Seconds, where staff wait."""

_REASONS = {
    m.EndSession: EndReason.STAFF,
    m.ClearSession: EndReason.CLEARED,
    m.CompleteSession: EndReason.COMPLETED,
}


@define
class _EndIfIdle:
    """Nothing is left to do, unless somebody has asked for something meanwhile."""


_END_IF_IDLE = _EndIfIdle()


@define(eq=False)
class VIPThreadActor(Actor):
    """Takes messages at once, and leaves the work to one task, the conductor.

    The conductor runs the phase that the recorded state asks for. A phase may be cancelled, or crash, at
    any await: what it had not recorded it looks for when it is run again.
    """

    _member: m.Member
    _ports: ThreadPorts
    _parts: SessionParts = field(init=False)
    _opening: Opening = field(init=False)
    _relay: Relay | None = field(default=None, init=False)
    _wish: m.End | None = field(default=None, init=False)
    _announced: m.End | None = field(default=None, init=False)
    """The wish that the log tells of; recording it may have to be tried again."""
    _forget: list[str] = field(factory=list, init=False)
    _phase: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _clicked: trio.Event = field(factory=trio.Event, init=False)
    _greeting: Greeting = field(init=False)
    _last_words: LastWords = field(init=False)

    async def started(self) -> None:
        """Go on where an earlier life was."""
        book = SessionBook(self._ports.store, self._member.key)
        self._parts = SessionParts(self._member, self._ports, book, self.ref)
        self._opening = Opening(self._parts)
        self._last_words = LastWords(self._parts, self.start_soon)
        self._greeting = Greeting(self._parts, lambda fault: self._end_with(m.End(fault)))
        self.start_soon(self._conduct)
        if self.incarnation > 1:
            self._parts.tell_office(m.Returned(self._member))

    async def receive(self, message: object) -> object:  # noqa: C901, PLR0912 - one line a case
        """Handle one message. Only the store is waited for; and Discord, where a command is refused."""
        match message:
            case m.Click():
                await self._pressed(message)
            case m.Lapsed(ticket):
                self._parts.clicks.pop(ticket, None)
            case m.EndSession() | m.ClearSession() | m.CompleteSession():
                await self._asked_to_end(message)
            case m.ForgetSession(_, ticket):
                self._forget.append(ticket)
                self._end_with(m.End(EndReason.FORGOTTEN))
            case m.End():
                self._end_with(message)
            case m.ThreadEnded(thread, reason):
                self._end_with(m.End(reason, thread=thread))
            case m.Resync():
                if self._relay is not None:
                    self._relay.again()
            case pool.LeaseGranted():
                self._opening.granted.set()
            case pool.MoveAccount(_, lease):
                if self._relay is not None and lease == self._parts.lease:
                    self._relay.lease_is_over()
            case pool.FromDesk(lease, event):
                ours = self._parts.book.session is not None and lease == self._parts.lease
                if ours and self._relay is not None:
                    await hand_over(self._relay, event)
                elif not ours and isinstance(event, pool.DeskPosted):
                    self._parts.tell_pool(pool.NotOurs(event))
            case m.ThreadPosted() | m.ThreadEdited() | m.ThreadDeleted():
                if self._relay is not None:
                    await hand_over(self._relay, message)
                self._last_words.hear(message)
            case _EndIfIdle():
                if not self._clicked.is_set():
                    self.stop()
            case _:
                return await Actor.receive(self, message)
        return None

    async def _pressed(self, click: m.Click) -> None:
        self._parts.clicks[click.ticket] = click
        self._clicked.set()
        self._greeting.soon()
        self._opening.granted.set()  # if it waits for an account, it tells its place now
        session = self._parts.book.session
        if session is not None and session.state is SessionState.ENDING:
            await self._ports.answers.answer(click.ticket, Notice.of(Word.CLOSING))

    # --- wishes ---------------------------------------------------------------------------------

    async def _asked_to_end(self, request: m.EndSession | m.ClearSession | m.CompleteSession) -> None:
        reason = _REASONS[type(request)]
        if isinstance(request, m.EndSession) and request.by.id == self._member.id:
            reason = EndReason.OWNER
        elif not is_staff(self._parts, request.by.roles):
            await self._ports.answers.answer(request.ticket, Notice.of(Word.REFUSED_COMMAND))
            self._parts.handled(request.ticket)
            return
        self._parts.reports.append(request.ticket)
        if isinstance(request, m.ClearSession):
            self._parts.orders[request.ticket] = request
        elif isinstance(request, m.CompleteSession):
            self._parts.completed = True
        self._end_with(m.End(reason, request.by))

    def _end_with(self, wish: m.End) -> None:
        """Have the session ended: whatever is being done is put down, and its end is taken up."""
        session = self._parts.book.session
        if wish.thread and (session is None or session.thread != wish.thread):
            return
        if session is not None and session.state is SessionState.ENDING:
            if wish.reason is EndReason.FORGOTTEN:
                self._phase.cancel()  # so that it is recorded
            return  # who asked is told how that goes
        if self._wish is None or wish.by is not None:
            self._wish = wish
        self._clicked.set()
        (self._parts.watch or self._phase).cancel()

    def _relay_ends(self, reason: EndReason, by: str, name: str) -> None:
        self._end_with(m.End(reason, m.Staff(by, name) if by else None))

    # --- the conductor --------------------------------------------------------------------------

    async def _conduct(self) -> None:
        pause = self._parts.policy.pause_min
        while True:
            self._phase = trio.CancelScope()
            try:
                await self._parts.book.refresh()
                await self._apply_wish()
                with self._phase:
                    await self._run_phase()
            except* StoreUnavailable as group:
                error = group.exceptions[0]
                logger.warning("The store can't be used for VIP user %s now: %s", self._member.id, error)
                await trio.sleep(pause)
                pause = min(2 * pause, self._parts.policy.pause_max)
            else:
                pause = self._parts.policy.pause_min

    async def _apply_wish(self) -> None:
        """Record that the session is to end."""
        wish, session = self._wish, self._parts.book.session
        if wish is not None and session is not None and session.state is not SessionState.ENDING:
            by = wish.by or m.Staff("")
            if wish.reason in CLEANING and wish is not self._announced:
                self._announced = wish
                logger.info(CLEANING[wish.reason], self._member.id)
            self._parts.found = session.state
            await self._parts.book.update(
                state=SessionState.ENDING,
                ending=wish.reason,
                ended_by=by.id,
                ended_by_name=by.name,
                drained=session.drained or session.state is not SessionState.OPEN,
            )
            await tell_closed(self._parts, wish.reason)
        session = self._parts.book.session
        if self._forget and session is not None and session.state is SessionState.ENDING:
            await self._parts.book.update(ending=EndReason.FORGOTTEN)  # whatever it ends of
        self._wish = None

    async def _run_phase(self) -> None:
        session = self._parts.book.session
        match None if session is None else session.state:
            case None:
                await self._none()
            case SessionState.WAITING | SessionState.OPENING:
                await self._opening.run()
            case SessionState.OPEN:
                await self._open()
            case SessionState.ENDING:
                await self._ending()

    async def _none(self) -> None:
        """There is no session: open one, or end."""
        parts = self._parts
        self._relay = None
        if self._forget:
            await self._ports.store.commit(*(await forget(parts)))
            for ticket in self._forget:
                parts.handled(ticket)
            self._forget.clear()
            await parts.answer_clicks(Notice.of(Word.CLOSED))  # who wants to be forgotten opens none
        await record_orders(parts)
        told = list(parts.reports)
        await parts.report(Word.CLEAR_NOTHING)
        parts.close_reports(told)
        click = next(iter(parts.clicks.values()), None)
        if click is None:
            self._clicked = trio.Event()
            self.after(0.0, _END_IF_IDLE)
            await self._clicked.wait()
            return
        refused = await refusal(parts)
        if refused is not None:
            await parts.answer_clicks(refused)
            return
        self._opening = Opening(parts)
        await self._opening.begin(click)

    async def _open(self) -> None:
        if self._relay is None:
            self._relay = Relay(self._parts, self._opening, self._relay_ends)
        await self._greeting.beside(self._relay.run)

    async def _ending(self) -> None:
        parts, session = self._parts, self._parts.book.live
        if not session.drained and session.opened_at is not None:  # else nothing of it is to be relayed
            relay = self._relay or Relay(parts, self._opening, self._relay_ends)
            quick = session.ending in {EndReason.CLEARED, EndReason.FORGOTTEN}
            await relay.drain(min(_QUICK_DRAIN, parts.policy.drain) if quick else parts.policy.drain)
            await parts.book.update(drained=True)
        self._relay = None  # what the desk writes from now on the pool finds in its history
        self._last_words.show()
        await Ending(parts).run()  # who presses the button meanwhile waits for that
        if session.ending is EndReason.COMPLETED:
            await parts.answer_clicks(Notice.of(Word.CLOSED))  # the next press tells of the new role
