"""The file and MongoDB as one store: either of them alone carries on, and the other one catches up.

Commits go to the one that leads; a background task tends the other. Who leads is decided in `leading.py`
and carried out in `election.py`; how a store catches up is in `catching_up.py`.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import trio
from attrs import define, field

from actors.catching_up import ROUND
from actors.election import Election, replica_away, taken_over
from actors.giftcodes.model import Record
from actors.leading import Step
from actors.pair import LocalFails, Mode, Pair
from actors.ports import Change, Position, StoreUnavailable
from actors.storage import Refusal, Value
from actors.stores import Fenced, NeedsCopy

logger = logging.getLogger(__name__)

R = TypeVar("R", bound=Record)
T = TypeVar("T")

LOOK_AGAIN = 2.0
"""Seconds until a store that is away, or held by another perkd, is looked at again."""
REPAIR_EVERY = 5.0
"""Seconds between attempts to use the file again."""
GATHER = 0.1
"""Seconds between two rounds to MongoDB: many small ones would take the processor from everybody else."""
PROBE_EVERY = 20.0
"""Seconds of silence after which MongoDB is asked whether it is still there."""
GOODBYE = 2.0
"""Seconds to let go of MongoDB: one that hangs must not hold up the end, or the next life."""
FLUSH_AGAIN = 0.5
"""Seconds until MongoDB is tried again when perkd is about to end."""


_PUT_OFF = (StoreUnavailable, NeedsCopy, Fenced, Refusal)
"""What keeps a store from leading or following for now, and is no reason to end."""


class NeedsDecision(Exception):  # noqa: N818 - a state of the two stores
    """Neither store may lead until a person has decided; the text says why, and how."""


@define
class ReplicatedStore:
    """Both stores. One task at a time calls `write`, `get` and `find`; another one runs `tend`."""

    pair: Pair
    look_again: float = field(default=LOOK_AGAIN, kw_only=True)
    repair_every: float = field(default=REPAIR_EVERY, kw_only=True)
    probe_every: float = field(default=PROBE_EVERY, kw_only=True)
    gather: float = field(default=GATHER, kw_only=True)
    election: Election = field(init=False)
    _file_fails: str = field(default="", init=False)
    """Why, as was said in the log; empty when something has been written since."""
    _bell: trio.Event = field(factory=trio.Event, init=False)
    _turn: trio.Lock = field(factory=trio.Lock, init=False)
    """Held while a batch is written, and while another store takes the lead."""

    def __attrs_post_init__(self) -> None:
        self.election = Election(self.pair)

    # --- its life -------------------------------------------------------------------------------

    async def open(self) -> None:
        """Look at both stores, and let one lead if it may at once; else `tend` sees to it.

        Raises:
            NeedsDecision: the two have diverged, or the file is damaged and MongoDB holds nothing.
        """
        try:
            decision = await self.election.settle(quickly=True)
        except _PUT_OFF as error:
            self.pair.wait(str(error))
            return
        if decision.step is Step.REFUSE:
            raise NeedsDecision(decision.why)

    async def flush(self) -> None:
        """Bring MongoDB up to date, before an end: tried until that is done or the caller is out of patience.

        Where it can't be done the file has it all.
        """
        while self.pair.mode is Mode.LOCAL:
            try:
                await self._send_all()
            except StoreUnavailable as error:
                logger.info("MongoDB is not up to date yet: %s", error)
                await trio.sleep(FLUSH_AGAIN)
            except (Fenced, NeedsCopy, Refusal) as error:
                logger.warning("MongoDB could not be brought up to date before the end: %s", error)
                return
            else:
                return

    async def _send_all(self) -> None:
        if self.pair.pusher is None:
            await self.election.connect(self._turn)
        async with self.election.sending:
            while self.pair.pusher is not None and await self.pair.pusher.push():
                pass
        if self.pair.pusher is None and self.pair.mode is Mode.LOCAL:
            raise StoreUnavailable(self.pair.replica_error or "it is away")

    async def close(self) -> None:
        """Let go of both."""
        self.pair.mode, self.pair.reason, self.pair.pusher = Mode.WAITING, "it is closed", None
        await self.pair.detach()
        with trio.move_on_after(GOODBYE) as within:
            try:
                await self.pair.replica.close()
            except StoreUnavailable as error:
                logger.info("MongoDB could not be told of the end: %s", error)
        if within.cancelled_caught:
            logger.info("MongoDB could not be told of the end: it did not answer within %s s", GOODBYE)

    # --- what is asked of it --------------------------------------------------------------------

    async def write(self, changes: Sequence[Change]) -> Position:
        """Make all changes durable, or none, in the store that leads.

        Raises:
            StoreUnavailable: neither store can do it now.
            Refusal: no store ever could.
        """
        if not changes:
            return self.pair.position
        async with self._turn:
            return await self._do(partial(self._write_local, changes), partial(self._write_replica, changes))

    async def probe(self, size: int) -> bool:
        """Try whether a commit would succeed; see `LocalStore.probe`. Whether there was a store to be tried.

        What a commit that fails would bring about, this does: MongoDB takes over. While it leads nothing but
        its lease is written there. Raises `StoreUnavailable`.
        """
        if self.pair.mode is Mode.WAITING:  # why has been said, and `tend` sees to it
            return False
        async with self._turn:
            await self._do(partial(self._probe_local, size), self._probe_replica)
        return True

    async def get(self, type_: type[R], key: str) -> R | None:
        """The record with this key, or None. Raises `StoreUnavailable`."""
        pair = self.pair
        return await self._do(
            lambda: pair.on_local(partial(pair.local.get, type_, key)), lambda: pair.replica.get(type_, key)
        )

    async def find(self, type_: type[R], **equal: Value) -> list[R]:
        """All records whose indexed attributes equal these values, by key. Raises `StoreUnavailable`."""
        pair = self.pair
        return await self._do(
            lambda: pair.on_local(partial(pair.local.find, type_, **equal)),
            lambda: pair.replica.find(type_, **equal),
        )

    async def _do(self, local: Callable[[], Awaitable[T]], replica: Callable[[], Awaitable[T]]) -> T:
        """Ask the one that leads. Where the file fails, MongoDB takes over, if it can."""
        pair = self.pair
        if pair.mode is Mode.LOCAL:
            try:
                return await local()
            except LocalFails as error:
                self._say_file_fails(str(error))
                pair.local_error = str(error)
                if not await self.election.hand_over(str(error)):
                    raise StoreUnavailable(
                        "; ".join(filter(None, (str(error), pair.replica_error)))
                    ) from error
                self._bell.set()
        if pair.mode is Mode.REPLICA:
            return await self._ask_replica(replica)
        raise StoreUnavailable(pair.reason)

    def _say_file_fails(self, why: str) -> None:
        """Once in an outage: that it can be read now and then does not end one."""
        if why != self._file_fails:
            logger.error("The file can't be used: %s", why, extra={"error": why})
        self._file_fails = why

    async def _ask_replica(self, ask: Callable[[], Awaitable[T]]) -> T:
        pair = self.pair
        if pair.replica_error is None:
            try:
                answer = await ask()
            except StoreUnavailable as error:
                pair.replica_error = str(error)
            except Fenced as error:
                taken_over(pair, error)
                raise StoreUnavailable(pair.reason) from error
            else:
                return answer
        # `tend` looks for it. If each question waited for it, who asks for the health would wait as well.
        raise StoreUnavailable(f"{pair.reason}; {pair.replica_error}")

    async def _probe_local(self, size: int) -> None:
        if not self.pair.attached:
            await self.election.reattach()
        await self.pair.on_local(partial(self.pair.local.probe, size))
        self.pair.local_error, self._file_fails = None, ""

    async def _probe_replica(self) -> None:
        await self.pair.replica.append([])  # asks for the lease, which must have been renewed lately
        with suppress(NeedsCopy):  # an answer as well
            await self.pair.replica.entries(self.pair.position, 1)

    async def _write_local(self, changes: Sequence[Change]) -> Position:
        if not self.pair.attached:
            await self.election.reattach()
        entry = await self.pair.on_local(partial(self.pair.local.write, changes))
        self.pair.written(entry)
        self._file_fails = ""
        self._bell.set()
        return entry.position

    async def _write_replica(self, changes: Sequence[Change]) -> Position:
        self.pair.position = await self.pair.replica.write(changes)
        return self.pair.position

    # --- tending --------------------------------------------------------------------------------

    async def tend(self) -> None:
        """Keep the store that does not lead up to date, for ever: connect, send, repair."""
        while True:
            try:
                pause = await self._tend_once()
            except Fenced as error:
                taken_over(self.pair, error)
                pause = self.look_again
            except _PUT_OFF as error:
                self._put_off(error)
                pause = self.look_again
            await self._pause(pause)

    def _put_off(self, error: Exception) -> None:
        """It can't be done yet. Why is said where an operator looks."""
        logger.debug("looking again in %s s: %s", self.look_again, error)
        if self.pair.mode is Mode.WAITING:
            self.pair.wait(str(error))
        elif isinstance(error, Refusal) and self.pair.local_error != str(error):
            logger.error("The file can't be brought up to date: %s", error)
            self.pair.local_error = str(error)

    async def _pause(self, seconds: float) -> None:
        if self.pair.pusher is None:
            await trio.sleep(seconds)  # new batches don't make a store come back
        elif seconds > 0:
            with trio.move_on_after(seconds):
                await self._bell.wait()
            if self.pair.mode is Mode.REPLICA:  # it has just taken over: the file is given some time
                await trio.sleep(self.repair_every)
        self._bell = trio.Event()
        await trio.lowlevel.checkpoint()

    async def _tend_once(self) -> float:
        """Do what is next; return after how many seconds to look again, unless there are new batches."""
        match self.pair.mode:
            case Mode.WAITING:
                await self.election.settle()
            case Mode.LOCAL if self.pair.pusher is None:
                await self.election.connect(self._turn)
            case Mode.LOCAL:
                pause = await self._send()
                if self.pair.mode is Mode.LOCAL:
                    return pause  # else MongoDB took over while we sent, and the file is given some time
            case Mode.REPLICA:
                await self.election.repair(self._turn)
        match self.pair.mode:
            case Mode.LOCAL if self.pair.pusher is not None:
                return 0.0
            case Mode.REPLICA:
                return self.repair_every
            case _:
                return self.look_again

    async def _send(self) -> float:
        """Send the next batches; return how long to wait for more."""
        pair = self.pair
        try:
            async with self.election.sending:
                sent = await self._push()
        except LocalFails as error:
            pair.local_error = str(error)
            return self.look_again
        except StoreUnavailable as error:
            replica_away(pair, str(error))
            return self.look_again
        except Refusal as error:
            replica_away(pair, f"it refuses a batch: {error}")
            return self.probe_every
        if 0 < sent < ROUND:
            await trio.sleep(self.gather)
        return 0.0 if sent else self.probe_every

    async def _push(self) -> int:
        pair, pusher = self.pair, self.pair.pusher
        if pusher is None:  # it was given up while we waited for our turn
            return 0
        try:
            sent = await pusher.push()
        except NeedsCopy:
            await pusher.replace()
            pair.lag = pair.seen().batches_after(pair.outbox.acknowledged)
            return ROUND
        if sent:
            pair.sent(sent)
            logger.debug("✅ Dual-write success: State persisted to both MongoDB and file")
        else:
            await pair.replica.append([])  # is it still ours to write to?
            await pair.replica.entries(pair.outbox.acknowledged, 1)  # is it still there?
        return sent
