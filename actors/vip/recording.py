"""Recording what is written, edited and deleted while a session is open, and obeying its command."""

import logging
from collections.abc import Callable, Mapping, Sequence

from attrs import define

from actors.vip.intake import from_desk, from_thread, is_staff
from actors.vip.model import Crossing, CrossingState, EndReason, Side
from actors.vip.nonces import nonce
from actors.vip.outbox import Outbox
from actors.vip.parts import SessionParts
from actors.vip.ports import Content, ThreadMessage, Trouble
from actors.vip.pump import Pump
from actors.vip.resync import LATE
from actors.vip.way import Message
from actors.vip.words import Notice, Word

logger = logging.getLogger(__name__)


@define(eq=False)
class Recorder:
    """Records first, then wakes the pump. Every method raises `StoreUnavailable`."""

    _parts: SessionParts
    outbox: Outbox
    _pumps: Mapping[Side, Pump]
    _end: Callable[[EndReason, str, str], None]
    _wake: Callable[[], None]
    """Told that there is something to be sent."""

    def crossing(self, message: Message) -> Crossing | None:
        """As what it would be recorded; None: it does not cross."""
        if isinstance(message, ThreadMessage):
            return from_thread(self._parts, message)
        return from_desk(self._parts, message)

    async def posted(self, message: Message) -> None:
        """Somebody wrote."""
        if isinstance(message, ThreadMessage) and message.command:
            await self.obey(message)
            return
        crossing = self.crossing(message)
        if crossing is not None and await self._known(crossing) is None:
            await self.record(crossing, message)

    async def _known(self, crossing: Crossing) -> Crossing | None:
        return await self.outbox.look_up(crossing.side, crossing.source, crossing.key)

    async def record(self, crossing: Crossing, message: Message) -> None:
        """A message that is not known yet."""
        if crossing.open:
            self._pumps[crossing.side].latest[crossing.key] = message
        await self.outbox.accept(crossing)
        self._wake()

    async def edited(self, message: Message) -> None:
        """Somebody edited."""
        crossing = self.crossing(message)
        known = None if crossing is None else await self._known(crossing)
        if known is not None:
            await self.note_edit(known, message)

    async def note_edit(self, known: Crossing, message: Message) -> None:
        """A known message has a newer version."""
        pump = self._pumps[known.side]
        known = self.outbox.get(known.key) or known  # it may have been sent while it was looked up
        latest = pump.latest.get(known.key)
        shown = latest.version if latest is not None else known.version
        if known.state not in {CrossingState.WAITING, CrossingState.SENT} or message.version < shown:
            return
        pump.latest[known.key] = message
        if known.state is CrossingState.SENT:
            await self.outbox.update(known.key, edited=True)
        self._wake()

    async def deleted(self, side: Side, messages: Sequence[str]) -> None:
        """Somebody deleted."""
        lease = self._parts.lease
        for message in messages:
            gone = Crossing(
                self.outbox.session, side, message, 0, 0.0, account=lease.account, epoch=lease.epoch
            )
            known = await self._known(gone)
            if known is not None and known.arrives:
                await self.outbox.update(known.key, deleted=True)
                self._wake()

    async def obey(self, message: ThreadMessage) -> None:
        """`!end` in the thread, by a person; other commands are for others."""
        parts = self._parts
        if message.command != "end" or not message.person:
            return
        if message.author == parts.member.id:
            self._end(EndReason.OWNER, message.author, message.author_name)
        elif is_staff(parts, message.roles):
            self._end(EndReason.STAFF, message.author, message.author_name)
        elif parts.now() - message.at >= LATE:
            return  # it was refused when it was written, or nobody waits
        elif parts.refusals.may_refuse(message.author):
            notice = Content.say(Notice.of(Word.REFUSED_COMMAND))
            name = nonce(self.outbox.session, "refused", message.id)
            try:
                await parts.ports.threads.send(parts.book.live.thread, notice, name, message.id)
            except Trouble as error:
                logger.info("A refusal was not told to user %s: %s", message.author, error)
