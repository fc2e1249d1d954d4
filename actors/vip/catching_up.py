"""Catching up on one side of a session with what was missed."""

from collections.abc import Sequence

from attrs import define

from actors.vip import resync
from actors.vip.model import Crossing, Side
from actors.vip.parts import SessionParts
from actors.vip.ports import ThreadMessage
from actors.vip.recording import Recorder
from actors.vip.retrying import patiently
from actors.vip.way import Message
from actors.vip.words import Notice, Word


@define(eq=False)
class CatchingUp:
    """Reads a side's history, and has recorded what the outbox does not know."""

    _parts: SessionParts
    _recorder: Recorder

    async def run(self, side: Side) -> None:
        """Wait out every outage; raises what says that thread or account is lost."""
        parts, session, recorder = self._parts, self._parts.book.live, self._recorder
        # In the thread from its beginning: the member is in it before it is welcomed.
        seen = session.seen_thread if side is Side.THREAD else session.seen_desk or session.desk_from
        lease = (session.account, session.epoch)
        history = await self._read(side, resync.window_start(recorder.outbox, side, seen, lease))
        fresh = [m for m in history if int(m.id) > int(seen or 0)]
        pairs = [(c, m) for m in fresh if (c := recorder.crossing(m)) is not None]
        known = await recorder.outbox.keys() if pairs else set()
        pairs = [(c, m) for c, m in pairs if c.key not in known]
        new = resync.bounded([c for c, _ in pairs], [m.at for _, m in pairs], parts.now(), parts.policy)
        missed = resync.compare(recorder.outbox, side, lease, history, new=new, seen=seen)
        if missed.skipped:  # first, so that a crash hides nothing
            await self._tell_skipped(missed.skipped)
        messages = {c.key: m for c, m in pairs}
        for crossing in missed.new:
            await recorder.record(crossing, messages[crossing.key])
        for crossing, message in missed.edited:
            await recorder.note_edit(crossing, message)
        for crossing in missed.deleted:
            await recorder.outbox.update(crossing.key, deleted=True)
        for message in fresh:
            if isinstance(message, ThreadMessage) and message.command:
                await recorder.obey(message)
        await parts.book.update(**{f"seen_{side.value}": missed.seen})

    async def _read(self, side: Side, after: str) -> list[Message]:
        parts, history = self._parts, list[Message]()
        while True:

            async def page(after: str = after) -> Sequence[Message]:
                if side is Side.THREAD:
                    async with parts.ports.reading.turn():
                        return await parts.ports.threads.history(parts.book.live.thread, after, resync.PAGE)
                return await parts.ports.desk.history(parts.lease, after, resync.PAGE)

            messages = await patiently(parts.policy, page)
            history.extend(resync.settled(message, parts.now()) for message in messages)
            if not messages:
                return history
            after = messages[-1].id

    async def _tell_skipped(self, skipped: Sequence[Crossing]) -> None:
        notice, what = Notice.of(Word.SKIPPED, count=len(skipped)), f"skipped {skipped[-1].source}"
        parts, after = self._parts, self._recorder.outbox.newest_in_thread()
        await patiently(parts.policy, lambda: parts.say(what, notice, doubtful=True, after=after))
