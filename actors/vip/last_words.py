"""What is written when a session has been drained: it crosses no more, and yet is not lost in silence."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from attrs import define, field

from actors.ports import StoreUnavailable
from actors.vip import resync
from actors.vip.intake import from_thread
from actors.vip.messages import ThreadPosted
from actors.vip.model import Crossing, CrossingState, SessionState, Side
from actors.vip.parts import SessionParts
from actors.vip.pool_messages import ReleaseLease
from actors.vip.ports import Mark, ThreadMessage, Trouble
from actors.vip.retrying import patiently


async def giving_back(parts: SessionParts) -> ReleaseLease:
    """What of the desk's chat the session has dealt with: all else the pool has staff read.

    Raises `StoreUnavailable`.
    """
    session, lease = parts.book.live, parts.lease
    stored = await parts.ports.store.find(Crossing, session=session.id)
    ours = [c for c in stored if c.side is Side.DESK and (c.account, c.epoch) == (lease.account, lease.epoch)]
    stray = [int(c.source) - 1 for c in ours if c.state is CrossingState.STRAY]
    seen = min([int(session.seen_desk or session.desk_from or 0), *stray])
    known = frozenset(c.source for c in ours if c.state is not CrossingState.STRAY)
    return ReleaseLease(session.id, lease, str(seen), known)


async def last_words(parts: SessionParts) -> int:
    """How many messages in the thread were too late to cross. Raises `StoreUnavailable`."""
    session = parts.book.live
    if not session.thread or session.opened_at is None:
        return 0

    async def read() -> Sequence[ThreadMessage]:
        async with parts.ports.reading.turn():
            return await parts.ports.threads.history(session.thread, session.seen_thread, resync.PAGE)

    policy = parts.policy
    try:
        written = await patiently(policy, read, tries=policy.tries, longest_flood=policy.drain)
    except Trouble:
        return 0  # the thread, or the right to read it, is gone
    return len(await _unknown(parts, written))


async def _unknown(parts: SessionParts, messages: Sequence[ThreadMessage]) -> list[ThreadMessage]:
    session = parts.book.live.id
    crossings = [(c, m) for m in messages if (c := from_thread(parts, m)) is not None]
    if not crossings:
        return []
    known = {crossing.key for crossing in await parts.ports.store.find(Crossing, session=session)}
    return [message for crossing, message in crossings if crossing.key not in known]


@define(eq=False)
class LastWords:
    """Shows on each message that it comes too late, while the thread is open yet."""

    _parts: SessionParts
    _start_soon: Callable[..., None]
    _heard: list[ThreadMessage] = field(factory=list, init=False)

    def hear(self, message: object) -> None:
        """Something happened in the thread."""
        session = self._parts.book.session
        if isinstance(message, ThreadPosted) and session is not None and session.state is SessionState.ENDING:
            self._heard.append(message.message)
            if session.drained or len(self._heard) > resync.PAGE:
                self.show()

    def show(self) -> None:
        """From now on nothing crosses."""
        heard, self._heard = self._heard, []
        if heard:
            self._start_soon(self._show, self._parts.book.live.thread, heard)

    async def _show(self, thread: str, heard: Sequence[ThreadMessage]) -> None:
        if self._parts.book.session is None:
            return  # it has been closed in this moment
        with suppress(StoreUnavailable, Trouble):  # they are counted all the same
            for message in await _unknown(self._parts, heard):
                await self._parts.ports.threads.mark(thread, message.id, Mark.FAILED)
