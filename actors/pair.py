"""The file and MongoDB as a pair: what is known of both, and who leads. Shared by those who act on it."""

import logging
import math
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, TypeVar

import trio
from attrs import define, evolve, field

from actors.catching_up import Pusher
from actors.history import NOWHERE, Entry, History, Term
from actors.leading import Damaged, Decision, Failing, Held, Step, decide
from actors.outbox import Outbox
from actors.ports import Position, StoreUnavailable
from actors.storage import Refusal, Run, StoreHealth
from actors.stores import LeaseHeld, LocalDamaged, LocalHeld, LocalStore, Replica

logger = logging.getLogger(__name__)

T = TypeVar("T")

Local = History | Damaged | Failing | Held
Other = History | Failing | Held


class LocalFails(StoreUnavailable):
    """The file can't be used now. Told apart from MongoDB's failures, so that the right one is blamed."""


class Mode(Enum):
    """Who leads."""

    WAITING = "waiting"
    """Nobody: nothing is read or written, and the reason is told to whoever asks."""
    LOCAL = "file"
    REPLICA = "mongodb"


@define
class Pair:
    """The two stores' state. `run` carries out the file's blocking calls, one at a time."""

    local: LocalStore
    replica: Replica
    run: Run[Any]
    clock: Callable[[], float]
    """Unix seconds."""
    mode: Mode = field(default=Mode.WAITING, init=False)
    reason: str = field(default="it has not looked at its stores yet", init=False)
    """Why nobody leads, or why MongoDB does."""
    position: Position = field(default=NOWHERE, init=False)
    """The last batch."""
    writer: str = field(default="", init=False)
    """The id of the present term."""
    outbox: Outbox = field(factory=Outbox, init=False)
    pusher: Pusher | None = field(default=None, init=False)
    """There is one while MongoDB follows."""
    attached: bool = field(default=False, init=False)
    behind: bool = field(default=False, init=False)
    """MongoDB has been seen to have what the file has not."""
    local_error: str | None = field(default=None, init=False)
    """Why the file can't be used; None while it can."""
    replica_error: str | None = field(default=None, init=False)
    """Why MongoDB can't be used; None while it can."""
    lag: int | None = field(default=None, init=False)
    """Batches that MongoDB lacks; None: not known, it has not been seen yet."""
    _said_waiting: bool = field(default=False, init=False)
    """The log has it that nobody leads."""
    _history: History = field(factory=History, init=False)
    """The file's, as it was last seen."""

    # --- who leads ------------------------------------------------------------------------------

    def wait(self, why: str, loudness: int = logging.WARNING) -> None:
        """Nobody leads. `loudness`: the level to say so at."""
        if self.reason != why or self.mode is not Mode.WAITING:
            logger.log(loudness, "The store waits: %s", why, extra={"reason": why})
            self._said_waiting = True
        self.mode, self.reason, self.pusher = Mode.WAITING, why, None

    def lead(self, mode: Mode, term: Term, position: Position, why: str = "") -> None:
        """One of the two leads from now on, in this term."""
        if self._said_waiting:
            logger.info(
                "The store waits no longer: %s leads", "the file" if mode is Mode.LOCAL else "MongoDB"
            )
            self._said_waiting = False
        self.mode, self.reason, self.writer, self.position = mode, why, term.writer, position

    def progress(self, text: str) -> None:
        """How far the file is filled."""
        if self.mode is Mode.WAITING:
            self.reason = text

    # --- what becomes of batches ----------------------------------------------------------------

    def written(self, entry: Entry) -> None:
        """The file has one more batch, which MongoDB has not."""
        before, now = self.position, entry.position
        if now.sequence != before.sequence + 1:
            # A commit that seemed to fail was durable all the same: what came before is in the journal.
            self.outbox.skip(Position(now.term, now.sequence - 1))
        self.position, self.local_error = now, None
        self.outbox.add(entry)
        self.lag = None if self.lag is None else self.lag + now.sequence - before.sequence

    def sent(self, count: int) -> None:
        """MongoDB has acknowledged this many more."""
        self.lag = max(0, (self.lag or 0) - count)

    def follow_with(self, replica: History, *, copy: bool) -> None:
        """MongoDB stands at `replica`, and follows from there; `copy`: after all it has was replaced."""
        self.outbox.acknowledge(replica.end)
        known = {term.number for term in replica.terms}
        file = self.seen()
        self.pusher = Pusher(
            self.local, self.replica, self.on_open_local, self.outbox, file.terms, known, copy
        )
        self.replica_error = None
        self.lag = file.batches_after(replica.end)

    def remember(self, history: History) -> None:
        """What was found now is not the file that led: go on by what that one held."""
        self._history = history

    def seen(self) -> History:
        """The file's history as it was last seen, and what was written since."""
        return evolve(self._history, last=max(self._history.last, self.position), leads=False)

    # --- looking --------------------------------------------------------------------------------

    async def on_local(self, call: Callable[[], T]) -> T:
        """Carry out a blocking call of the file.

        Raises:
            LocalFails: it can't be used now.
            LocalHeld: another process has it.
        """
        try:
            result: T = await self.run(call)
        except LocalHeld:
            raise
        except StoreUnavailable as error:
            raise LocalFails(str(error)) from error
        return result

    async def on_open_local(self, call: Callable[[], T]) -> T:
        """As `on_local`, for what needs the file open. Raises `LocalFails` where it is not."""
        if not self.attached:
            raise LocalFails(self.local_error or "the file is not open")
        return await self.on_local(call)

    async def look_at_local(self) -> Local:
        """The file's state; it is opened where it is not."""
        try:
            if self.attached:
                found: History = await self.on_local(self.local.history)
            else:
                found = await self.on_local(self.local.attach)
        except LocalDamaged as error:
            self.local_error = str(error)
            return Damaged(str(error))
        except LocalHeld as error:
            self.local_error = str(error)
            return Held(str(error))
        except LocalFails as error:
            self.local_error = str(error)
            return Failing(str(error))
        self.attached, self.local_error, self._history = True, None, found
        return found

    async def look_at_replica(self, within: float = math.inf) -> Other:
        """MongoDB's state; it is connected where it is not. `within`: after so many seconds it is away."""
        try:
            with trio.fail_after(within):
                found = await self.replica.open()
        except trio.TooSlowError:
            self.replica_error = f"MongoDB has not told its state within {within:g} s"
            return Failing(self.replica_error)
        except LeaseHeld as error:
            self.replica_error = str(error)
            return Held(str(error))
        except (StoreUnavailable, Refusal) as error:
            self.replica_error = str(error)
            return Failing(str(error))
        self.replica_error = None
        return found

    async def decide(self, within: float = math.inf) -> tuple[Decision, Local, Other]:
        """Look at both, and tell who should lead. `within`: the seconds that MongoDB is given."""
        if self.mode is Mode.LOCAL and not self.attached:
            local: Local = self.seen()  # opened by who writes: it may be another file now
        else:
            local = await self.look_at_local()
        if isinstance(local, Held):  # MongoDB's lease would take us for the one that has the file
            return Decision(Step.WAIT, local.text), local, Failing("it is not asked")
        replica = await self.look_at_replica(within)
        behind = self.behind or await self.run(self.local.is_marked_behind)
        if self.mode is Mode.LOCAL and not isinstance(local, History):
            local = self.seen()  # it led until now: what it held is known, also where it can't be read
        return decide(local, replica, behind=behind), local, replica

    async def detach(self) -> None:
        """Let go of the file."""
        await self.run(self.local.close)
        self.attached = False

    async def mark_behind(self, behind: bool) -> None:
        """Leave a note beside the file that MongoDB has more than it, or take it away."""
        self.behind = behind  # also where the disk takes no note
        await self.run(partial(self.local.mark_behind, behind))

    # --- for the status -------------------------------------------------------------------------

    def health(self) -> tuple[StoreHealth, StoreHealth]:
        """Of the file and of MongoDB."""
        return self._file_health(), self._replica_health()

    def problems(self) -> tuple[str, ...]:
        """What an operator has to know, as sentences."""
        match self.mode:
            case Mode.WAITING:
                return (f"the store waits: {self.reason}",)
            case Mode.REPLICA:
                both = f"; MongoDB fails as well: {self.replica_error}" if self.replica_error else ""
                return (f"the file can't be used, MongoDB alone keeps the state: {self.reason}{both}",)
            case Mode.LOCAL if self.replica_error:
                lacks = f" (batches it lacks: {self.lag})" if self.lag else ""
                return (f"MongoDB is away, the file alone keeps the state{lacks}: {self.replica_error}",)
            case _:
                return ()

    def _file_health(self) -> StoreHealth:
        match self.mode:
            case Mode.LOCAL:
                state = "failing" if self.local_error else "leading"
                return StoreHealth("sqlite", state, last_error=self.local_error)
            case Mode.REPLICA:
                return StoreHealth("sqlite", "failing", None, None, self.local_error or self.reason)
            case Mode.WAITING:
                state = "failing" if self.local_error else "waiting"
                return StoreHealth("sqlite", state, None, None, self.local_error)

    def _replica_health(self) -> StoreHealth:
        if self.mode is Mode.REPLICA:
            return StoreHealth(
                "mongodb", "failing" if self.replica_error else "leading", 0, 0.0, self.replica_error
            )
        if self.pusher is None:
            state = "away" if self.replica_error else "waiting"
        else:
            state = "behind" if self.lag else "following"
        has = None if self.pusher is None or self.pusher.copy else self.outbox.acknowledged
        return StoreHealth("mongodb", state, self.lag, self._lag_seconds(), self.replica_error, has)

    def _lag_seconds(self) -> float | None:
        if self.lag == 0:
            return 0.0
        oldest = self.outbox.oldest_at
        if self.lag is None or oldest is None:
            return None
        return max(0.0, self.clock() - oldest)
