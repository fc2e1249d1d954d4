"""An open session: what is written on one side is recorded, and sent to the other, in order and once."""

import logging
from collections.abc import Awaitable, Callable, Sequence

import trio
from attrs import define, field

from actors.ports import StoreUnavailable
from actors.vip.catching_up import CatchingUp
from actors.vip.checking import fault_of_thread
from actors.vip.doubts import Doubts
from actors.vip.draining import Draining
from actors.vip.idleness import Idleness
from actors.vip.marks import Marks
from actors.vip.model import EndReason, Side
from actors.vip.moving import tell_moved
from actors.vip.outbox import Outbox
from actors.vip.parts import SessionParts
from actors.vip.ports import (
    FloodWait,
    Forbidden,
    Gone,
    ThreadMessage,
    Trouble,
    Unreachable,
    WrongEpoch,
)
from actors.vip.pump import Pump
from actors.vip.recording import Recorder
from actors.vip.rest import Rest
from actors.vip.saga import LOST, Opening
from actors.vip.told import Told
from actors.vip.waiting_room import WaitingRoom
from actors.vip.way import Message, Way

logger = logging.getLogger(__name__)

_Worker = Pump | Marks | Idleness
_THREAD_LOST = (Gone, Forbidden)


class _Again(Unreachable):
    """Something may have been missed, and can be read now."""


@define(eq=False)
class Relay:
    """The open phase of a session, to be run again after whatever ended it."""

    _parts: SessionParts
    _opening: Opening
    _end: Callable[[EndReason, str, str], None]
    """Wish the session's end: reason, and who asked for it (id and name)."""
    outbox: Outbox = field(init=False)
    _marks: Marks = field(init=False)
    """Always the same: what was not shown when the work was put down is shown later."""
    _waiting: WaitingRoom = field(init=False)
    _pumps: dict[Side, Pump] = field(init=False)
    _recorder: Recorder = field(init=False)
    _doubts: dict[Side, Doubts] = field(factory=lambda: {side: Doubts() for side in Side}, init=False)
    _told: Told = field(factory=Told, init=False)
    _something: trio.Event = field(factory=trio.Event, init=False)
    """There is something to be done."""
    _scope: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _trouble: Exception | None = field(default=None, init=False)
    _pause: float = field(default=0.0, init=False)
    """Seconds to wait after the next trouble; 0: as few as may be."""
    _rest: Rest = field(factory=Rest, init=False)

    def __attrs_post_init__(self) -> None:
        self.outbox = Outbox(self._parts.ports.store, self._parts.book.live.id)
        self._marks = Marks(self._parts, self._wake)
        self._waiting = WaitingRoom(self._marks)
        self._renew()

    def _renew(self) -> None:
        parts = self._parts
        ways = {side: Way(side, parts, self.outbox, self._doubts[side]) for side in Side}
        self._pumps = {side: Pump(parts, self.outbox, self._marks, way) for side, way in ways.items()}
        self._recorder = Recorder(parts, self.outbox, self._pumps, self._end, self._wake)

    # --- the phase ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until it is cancelled. Raises `StoreUnavailable`: to be run again."""
        while True:
            self._trouble, self._scope = None, trio.CancelScope()
            self._rest.renew()
            self._renew()
            began = trio.current_time()
            try:
                with self._scope:
                    await self._prepare()
                if self._trouble is None:
                    await self._work()
            except Trouble as error:
                self._trouble = error
            finally:
                self._told.hold()
            if trio.current_time() - began > self._parts.policy.pause_max:
                self._pause = 0.0
            await self._settle(self._trouble)

    async def _load(self) -> None:
        """What is stored counts; what it says to be under way may have arrived."""
        waited = self.outbox.waiting()
        if await self.outbox.load():
            for side in Side:
                self._doubts[side].inherit(self.outbox, side)
            for crossing in waited:  # it was put down between recording that it is sent and showing it
                self._pumps[crossing.side].show_arrived(crossing.key)

    async def _prepare(self) -> None:
        parts = self._parts
        await self._load()
        fault = await fault_of_thread(parts)
        if fault is not None:
            raise Gone(fault.value)
        await self._waiting.during(self._opening.lease)
        await self._opening.introduce()
        if parts.book.live.moved:
            await tell_moved(parts, self.outbox)
        await self._told.catch_up(self._read)

    async def _read(self) -> None:
        for side in Side:
            await CatchingUp(self._parts, self._recorder).run(side)

    async def _work(self) -> None:
        """Where nothing is to be done there is no task: most sessions are silent most of the time.

        Now and then it looks whether a reload has changed when silence is warned of.
        """
        busy: set[_Worker] = set()
        idleness = Idleness(self._parts, self.outbox, self._end)
        workers: tuple[_Worker, ...] = (*self._pumps.values(), self._marks, idleness)

        async def work(worker: _Worker) -> None:
            await self._guarded(worker.run)
            busy.discard(worker)

        async with trio.open_nursery() as nursery:
            self._scope = nursery.cancel_scope
            while True:
                self._something = trio.Event()
                for worker in workers:
                    if worker.has_work and worker not in busy:
                        busy.add(worker)
                        nursery.start_soon(work, worker)
                with trio.move_on_after(min(max(1.0, idleness.left), self._parts.policy.reconcile)):
                    await self._something.wait()

    def _wake(self) -> None:
        self._something.set()

    async def _guarded(self, run: Callable[[], Awaitable[None]]) -> None:
        try:
            await run()
        except (Trouble, StoreUnavailable) as error:
            self._stop(error)

    def _stop(self, error: Exception) -> None:
        if self._trouble is None:
            self._trouble = error
        self._told.hold()
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
            await self._wait(trouble)

    async def _wait(self, trouble: Exception) -> None:
        """Longer each time: what is forbidden stays so until a person mends it, and is asked for rarely."""
        policy = self._parts.policy
        if isinstance(trouble, _Again):
            logger.debug("The VIP relay of user %s reads what it may have missed", self._parts.member.id)
            await trio.sleep(policy.pause_min)
            return
        level = logging.INFO if isinstance(trouble, Unreachable | FloodWait) else logging.WARNING
        hint = "; `perkd check` names what the bot lacks" if isinstance(trouble, Forbidden) else ""
        logger.log(level, "The VIP relay of user %s waits: %s%s", self._parts.member.id, trouble, hint)
        if isinstance(trouble, FloodWait):
            await self._rest.last(trouble.seconds, kept=True)
            return
        pause = max(self._pause, policy.pause_min)
        self._pause = min(2 * pause, policy.pause_max)
        await self._rest.last(pause)

    def again(self) -> None:
        """Something may have been missed: read the histories."""
        self._rest.call()
        self._stop(_Again("connected again"))

    def lease_is_over(self) -> None:
        """The pool has taken the account out: there is nothing to be waited for."""
        self._rest.lose()
        self._stop(WrongEpoch("the account was taken out"))

    async def drain(self, seconds: float) -> None:
        """Let what is under way, or was not told yet, arrive, for so long; the rest has failed."""
        self._renew()
        await self._load()
        await Draining(self._parts, self._recorder, self._pumps, self._marks).run(seconds)
        await self._load()
        await self.outbox.fail_what_waits("the session ended before it could be sent")

    # --- what is written ------------------------------------------------------------------------

    async def posted(self, message: Message) -> None:
        """Somebody wrote: record it, then have it sent. A command is obeyed whatever is being waited for."""
        if isinstance(message, ThreadMessage) and message.command:
            await self._recorder.obey(message)
            return
        if not self._told.live and self._recorder.crossing(message) is not None:
            self._waiting.enter(message)
        await self._when_live(lambda: self._recorder.posted(message))

    async def edited(self, message: Message) -> None:
        """Somebody edited a message."""
        await self._when_live(lambda: self._recorder.edited(message))

    async def deleted(self, side: Side, messages: Sequence[str]) -> None:
        """Somebody deleted messages."""
        await self._when_live(lambda: self._recorder.deleted(side, messages))

    async def _when_live(self, do: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._told.take(do)
        except StoreUnavailable as error:
            self._stop(error)
