"""An open session: what is written on one side is recorded, and sent to the other, in order and once."""

import logging
from collections.abc import Awaitable, Callable, Sequence

import trio
from attrs import define, field

from actors.ports import StoreUnavailable
from actors.vip import resync
from actors.vip.checking import fault_of_thread
from actors.vip.intake import from_desk, from_thread, is_staff
from actors.vip.marks import Marks
from actors.vip.model import Crossing, CrossingState, EndReason, Side
from actors.vip.nonces import nonce
from actors.vip.outbox import Outbox
from actors.vip.parts import SessionParts
from actors.vip.ports import (
    Content,
    Forbidden,
    Gone,
    ThreadMessage,
    Trouble,
    Unreachable,
    WrongEpoch,
)
from actors.vip.pump import Pump
from actors.vip.resync import Message
from actors.vip.retrying import patiently
from actors.vip.saga import LOST, Opening
from actors.vip.way import Way
from actors.vip.words import Notice, Word

logger = logging.getLogger(__name__)

_THREAD_LOST = (Gone, Forbidden)


@define(eq=False)
class Relay:
    """The open phase of a session, to be run again after whatever ended it."""

    _parts: SessionParts
    _opening: Opening
    _end: Callable[[EndReason, str, str], None]
    """Wish the session's end: reason, and who asked for it (id and name)."""
    outbox: Outbox = field(init=False)
    _marks: Marks = field(init=False)
    _pumps: dict[Side, Pump] = field(init=False)
    _live: bool = field(default=False, init=False)
    _held: list[Callable[[], Awaitable[None]]] = field(factory=list, init=False)
    _scope: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _trouble: Exception | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.outbox = Outbox(self._parts.ports.store, self._parts.book.live.id)
        self._renew()

    def _renew(self) -> None:
        parts = self._parts
        self._marks = Marks(parts)
        ways = {side: Way(side, parts, self.outbox) for side in Side}
        self._pumps = {side: Pump(parts, self.outbox, self._marks, way) for side, way in ways.items()}

    # --- the phase ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until it is cancelled. Raises `StoreUnavailable`: to be run again."""
        while True:
            self._trouble, self._scope, self._live = None, trio.CancelScope(), False
            self._renew()
            try:
                with self._scope:
                    await self._prepare()
                    await self._work()
            except (*LOST, *_THREAD_LOST, Unreachable) as error:
                self._trouble = error
            finally:
                self._live = False
            await self._settle(self._trouble)

    async def _prepare(self) -> None:
        parts = self._parts
        await self.outbox.load()
        fault = await fault_of_thread(parts)
        if fault is not None:
            raise Gone(fault.value)
        await self._opening.lease()
        await self._opening.introduce()
        self._held.clear()
        for side in Side:
            await self._catch_up(side)
        self._live = True
        while self._held:
            await self._held.pop(0)()

    async def _work(self) -> None:
        async with trio.open_nursery() as nursery:
            for pump in self._pumps.values():
                nursery.start_soon(self._guarded, pump.run)
            nursery.start_soon(self._guarded, self._marks.run)
            nursery.start_soon(self._guarded, self._watch_idleness)

    async def _guarded(self, run: Callable[[], Awaitable[None]]) -> None:
        try:
            await run()
        except (Trouble, StoreUnavailable) as error:
            self._stop(error)

    def _stop(self, error: Exception) -> None:
        if self._trouble is None:
            self._trouble = error
        self._live = False
        self._scope.cancel()

    async def _settle(self, trouble: Exception | None) -> None:
        """Decide what follows from what ended the work."""
        if isinstance(trouble, StoreUnavailable):
            raise trouble
        if isinstance(trouble, LOST):
            await self._opening.lose_account(trouble)
            return
        if isinstance(trouble, _THREAD_LOST):
            try:
                fault = await fault_of_thread(self._parts)
            except Unreachable as error:
                trouble = error
            else:
                if fault is not None:
                    self._end(fault, "", "")
                    await trio.sleep_forever()
        if trouble is not None:
            logger.info("The VIP relay of user %s waits: %s", self._parts.member.id, trouble)
            await trio.sleep(self._parts.policy.pause_min)

    def again(self) -> None:
        """Something may have been missed: read the histories."""
        self._stop(Unreachable("connected again"))

    def lease_is_over(self) -> None:
        """The pool has taken the account out."""
        self._stop(WrongEpoch("the account was taken out"))

    async def drain(self, seconds: float) -> None:
        """Let what is under way arrive, for so long; the rest has failed."""
        self._renew()
        await self.outbox.load()
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._drain_marks)
                for side in Side:
                    nursery.start_soon(self._drain, self._pumps[side])
        if isinstance(self._trouble, StoreUnavailable):
            raise self._trouble
        await self.outbox.load()
        await self.outbox.fail_what_waits("the session ended before it could be sent")

    async def _drain(self, pump: Pump) -> None:
        async with trio.open_nursery() as nursery:

            async def run() -> None:
                try:
                    await pump.run()
                except StoreUnavailable as error:
                    self._trouble = error
                except Trouble as error:
                    logger.info("What waited for user %s stays: %s", self._parts.member.id, error)
                nursery.cancel_scope.cancel()

            nursery.start_soon(run)
            await pump.idle()
            nursery.cancel_scope.cancel()

    async def _drain_marks(self) -> None:
        with trio.move_on_after(0):
            await self._marks.run()

    # --- what is written ------------------------------------------------------------------------

    async def posted(self, message: Message) -> None:
        """Somebody wrote: record it, then have it sent."""
        await self._when_live(lambda: self._posted(message))

    async def edited(self, message: Message) -> None:
        """Somebody edited a message."""
        await self._when_live(lambda: self._edited(message))

    async def deleted(self, side: Side, messages: Sequence[str]) -> None:
        """Somebody deleted messages."""
        await self._when_live(lambda: self._deleted(side, messages))

    async def _when_live(self, do: Callable[[], Awaitable[None]]) -> None:
        if not self._live:
            self._held.append(do)  # or read from the history, when that is read
            return
        try:
            await do()
        except StoreUnavailable as error:
            self._stop(error)

    def _crossing(self, message: Message) -> Crossing | None:
        if isinstance(message, ThreadMessage):
            return from_thread(self._parts, message)
        return from_desk(self._parts, message)

    async def _posted(self, message: Message) -> None:
        if isinstance(message, ThreadMessage) and message.command:
            await self._obey(message)
            return
        crossing = self._crossing(message)
        if crossing is None or self.outbox.get(crossing.key) is not None:
            return
        await self._record(crossing, message)

    async def _record(self, crossing: Crossing, message: Message) -> None:
        pump = self._pumps[crossing.side]
        if crossing.state is CrossingState.WAITING:
            pump.latest[crossing.key] = message
        await self.outbox.accept(crossing)
        pump.wake()
        if crossing.state is CrossingState.SKIPPED and crossing.side is Side.DESK and not crossing.late:
            notice = Notice.of(Word.LATE_ANSWER, account=crossing.account)
            await self._parts.ports.staff.note(notice, message.body)

    async def _edited(self, message: Message) -> None:
        crossing = self._crossing(message)
        known = None if crossing is None else self.outbox.get(crossing.key)
        if known is not None:
            await self._note_edit(known, message)

    async def _note_edit(self, known: Crossing, message: Message) -> None:
        pump = self._pumps[known.side]
        latest = pump.latest.get(known.key)
        shown = latest.version if latest is not None else known.version
        if (not known.open and known.state is not CrossingState.SENT) or message.version <= shown:
            return
        pump.latest[known.key] = message
        if known.state is CrossingState.SENT:
            await self.outbox.update(known.key, edited=True)
        pump.wake()

    async def _deleted(self, side: Side, messages: Sequence[str]) -> None:
        lease = self._parts.lease
        for message in messages:
            key = Crossing(
                self.outbox.session, side, message, 0, 0.0, account=lease.account, epoch=lease.epoch
            ).key
            known = self.outbox.get(key)
            if known is not None and (known.open or known.state is CrossingState.SENT):
                await self.outbox.update(key, deleted=True)
                self._pumps[side].wake()

    async def _obey(self, message: ThreadMessage) -> None:
        """`!end` in the thread; other commands are for others."""
        parts = self._parts
        if message.command != "end":
            return
        if message.author == parts.member.id:
            self._end(EndReason.OWNER, message.author, message.author_name)
        elif is_staff(parts, message.roles):
            self._end(EndReason.STAFF, message.author, message.author_name)
        elif message.person:
            notice = Content.say(Notice.of(Word.REFUSED_COMMAND))
            name = nonce(self.outbox.session, "refused", message.id)
            try:
                await parts.ports.threads.send(parts.book.live.thread, notice, name, message.id)
            except Trouble as error:
                logger.info("A refusal was not told to user %s: %s", message.author, error)

    # --- what was missed ------------------------------------------------------------------------

    async def _catch_up(self, side: Side) -> None:
        parts, session = self._parts, self._parts.book.live
        start = session.welcome if side is Side.THREAD else session.desk_from
        seen = (session.seen_thread if side is Side.THREAD else session.seen_desk) or start
        lease = (session.account, session.epoch)
        history = await self._read(side, resync.window_start(self.outbox, side, seen, lease))
        fresh = [m for m in history if int(m.id) > int(seen or 0)]
        pairs = [(c, m) for m in fresh if (c := self._crossing(m)) is not None]
        pairs = [(c, m) for c, m in pairs if self.outbox.get(c.key) is None]
        new = resync.bounded([c for c, _ in pairs], [m.at for _, m in pairs], parts.now(), parts.policy)
        missed = resync.compare(self.outbox, side, lease, history, new=new, seen=seen)
        messages = {c.key: m for c, m in pairs}
        for crossing in missed.new:
            await self._record(crossing, messages[crossing.key])
        for crossing, message in missed.edited:
            await self._note_edit(crossing, message)
        for crossing in missed.deleted:
            await self.outbox.update(crossing.key, deleted=True)
        if missed.skipped:
            await self._tell_skipped(missed)
        for message in fresh:
            if isinstance(message, ThreadMessage) and message.command:
                await self._obey(message)
        await parts.book.update(**{f"seen_{side.value}": missed.seen})

    async def _read(self, side: Side, after: str) -> list[Message]:
        parts, history = self._parts, list[Message]()
        while True:

            async def page(after: str = after) -> Sequence[Message]:
                if side is Side.THREAD:
                    return await parts.ports.threads.history(parts.book.live.thread, after, resync.PAGE)
                return await parts.ports.desk.history(parts.lease, after, resync.PAGE)

            messages = await patiently(parts.policy, page)
            history.extend(messages)
            if not messages:
                return history
            after = messages[-1].id

    async def _tell_skipped(self, missed: resync.Missed) -> None:
        notice = Notice.of(Word.SKIPPED, count=missed.skipped)
        what = f"skipped {missed.seen}"
        await patiently(self._parts.policy, lambda: self._parts.say(what, notice, doubtful=True))

    # --- idleness -------------------------------------------------------------------------------

    def _active_at(self) -> float:
        crossings = (c.at for side in Side for c in self.outbox.of(side)[-1:])
        return max([self._parts.book.live.active_at, *crossings])

    async def _watch_idleness(self) -> None:
        parts = self._parts
        while (limit := parts.policy.inactivity) > 0:
            active, warned, now = self._active_at(), parts.book.live.warned_at, parts.now()
            if warned is None or warned < active:
                due = active + limit / 2
                if now >= due:
                    await self._warn(limit / 2)
                    continue
            else:
                due = max(active + limit, warned + limit / 2)
                if now >= due:
                    self._end(EndReason.INACTIVE, "", "")
                    break
            await trio.sleep(max(1.0, due - now))
        await trio.sleep_forever()

    async def _warn(self, left: float) -> None:
        parts = self._parts
        notice = Notice.of(Word.INACTIVITY_WARNING, hours=max(1, round(left / 3600)))
        what = f"warning {self._active_at()}"
        await patiently(parts.policy, lambda: parts.say(what, notice, doubtful=True))
        await parts.book.update(warned_at=parts.now())
