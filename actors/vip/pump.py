"""Sending what is recorded: one message after another, each part once, until the session ends."""

import logging
from collections.abc import Sequence

import trio
from attrs import define, field

from actors.vip.checking import fault_of_thread
from actors.vip.marks import Marks
from actors.vip.model import Crossing, CrossingState, Side
from actors.vip.outbox import Outbox
from actors.vip.parts import SessionParts
from actors.vip.ports import Content, FloodWait, Gone, Mark, Refused, Unreachable
from actors.vip.way import Message, Way, part_name
from actors.vip.words import Notice, Word

logger = logging.getLogger(__name__)

LOST_WITH_ITS_ACCOUNT = "its Telegram account is gone, and the text with it"


@define(eq=False)
class Pump:
    """Works off one direction of the outbox.

    What passes is waited out here. `AccountDead`, `Limited`, `WrongEpoch`, and what says that the thread
    is gone, end it: whoever runs it decides.
    """

    _parts: SessionParts
    _outbox: Outbox
    _marks: Marks
    _way: Way
    latest: dict[str, Message] = field(factory=dict)
    """By crossing: as they were told, so that they need not be fetched. Not stored."""

    @property
    def has_work(self) -> bool:
        """There is something to be done."""
        return self._outbox.next_open(self._way.side) is not None

    async def run(self) -> None:
        """Until nothing is left to be done."""
        pause = self._parts.policy.pause_min
        while (crossing := self._outbox.next_open(self._way.side)) is not None:
            try:
                await self._work(crossing)
            except Unreachable as error:
                logger.info("A message of user %s waits: %s", self._parts.member.id, error)
                self._show(crossing, Mark.WAITING)
                await trio.sleep(pause)
                pause = min(2 * pause, self._parts.policy.pause_max)
            except FloodWait as wait:
                self._show(crossing, Mark.WAITING)
                await trio.sleep(wait.seconds)
            else:
                pause = self._parts.policy.pause_min

    async def _work(self, crossing: Crossing) -> None:
        tried = self.latest.get(crossing.key)
        try:
            if crossing.deleted:
                await self._delete(crossing)
            elif crossing.state is CrossingState.WAITING:
                await self._send(crossing)
            elif crossing.state is CrossingState.STRAY:
                await self._tell_staff(crossing)
            else:
                await self._edit(crossing)
        except Refused as error:
            newer = self.latest.get(crossing.key)
            if crossing.deleted or newer is None or newer is tried:
                await self._fail(crossing, str(error))
            # Otherwise it was edited meanwhile, and what it says now is yet to be tried.

    async def _send(self, crossing: Crossing) -> None:
        lease, way = self._parts.lease, self._way
        if not way.is_of_this_lease(crossing) and way.side is Side.THREAD:
            crossing = await self._outbox.update(
                crossing.key, account=lease.account, epoch=lease.epoch, targets=(), kinds=()
            )
            way.doubts.settle(crossing.key)
        message = await self._message(crossing)
        if message is None:
            return
        contents = way.plan(crossing, message)
        reply_to = await way.reply_target(message.reply_to)
        # An earlier try may have arrived with an older text: a repetition does not change it, an edit does.
        edited = message.version != crossing.version
        unsure = edited and bool(way.doubts.given(crossing.key) or crossing.targets)
        for part in range(len(crossing.targets), len(contents)):
            answers = reply_to if part == 0 else ""
            target = await way.send(crossing, part_name(part), contents[part], answers, edited=edited)
            grown = _grown(crossing, target, contents[part])
            if part == len(contents) - 1:
                await way.say_back(crossing, message)
                grown |= self._done(crossing, message, unsure=unsure)
            crossing = await self._outbox.update(crossing.key, **grown)
            way.doubts.settle(crossing.key)
        if crossing.state is CrossingState.WAITING:  # it was edited to fewer parts meanwhile
            await self._take_back(crossing, part_name(len(crossing.targets)))
            done = self._done(crossing, message, unsure=unsure)
            crossing = await self._outbox.update(crossing.key, **done)
            way.doubts.settle(crossing.key)
        if not crossing.edited and crossing.key in self.latest:
            # Somebody edited while it was being recorded as sent: it looked as if it would be sent anyway.
            crossing = await self._outbox.update(crossing.key, edited=True)
        self._show(crossing, Mark.SENT)

    async def _take_back(self, crossing: Crossing, part: str) -> None:
        """A part that a lost try may have sent is not wanted any more."""
        lost = await self._way.find_lost(crossing, part)
        if lost is not None:
            await self._way.delete(lost)

    def _done(self, crossing: Crossing, shown: Message, *, unsure: bool = False) -> dict[str, object]:
        """What is recorded when everything of this version has been sent; `unsure`: to be edited at once."""
        if unsure:
            return {"state": CrossingState.SENT, "edited": True}
        latest = self.latest.get(crossing.key)
        newer = latest is not None and latest is not shown and latest.version >= shown.version
        if not newer:
            self.latest.pop(crossing.key, None)
        return {"state": CrossingState.SENT, "version": shown.version, "edited": newer}

    async def _edit(self, crossing: Crossing) -> None:
        way = self._way
        message = await self._message(crossing) if way.is_of_this_lease(crossing) else None
        if message is None:
            current = self._outbox.get(crossing.key)
            if current is not None and not current.deleted:
                await self._outbox.update(crossing.key, edited=False)
            return
        steps = way.plan_edit(crossing, message)
        for place, content in steps.edits:
            if crossing.targets[place]:
                try:
                    await way.edit(crossing.targets[place], content)
                except Gone:
                    await self._ask_for_thread()
        for place in reversed(steps.deletes):
            await way.delete(crossing.targets[place])
        kept = [n for n in range(len(crossing.targets)) if n not in steps.deletes]
        crossing = await self._outbox.update(
            crossing.key,
            targets=tuple(crossing.targets[n] for n in kept),
            kinds=tuple(crossing.kinds[n] for n in kept),
        )
        unsure = await self._add(crossing, steps.adds, message)
        await way.say_back(crossing, message)
        await self._outbox.update(crossing.key, **self._done(crossing, message, unsure=unsure))
        way.doubts.settle(crossing.key)

    async def _add(self, crossing: Crossing, contents: Sequence[Content], message: Message) -> bool:
        """Send what an edit adds; tells whether an earlier try may have arrived with another text.

        The name of what is sent is recorded first, so that a later edit repeats it, or takes it back.
        """
        way, unsure = self._way, False
        if crossing.adding and not contents:
            await self._take_back(crossing, crossing.adding)
            await self._outbox.update(crossing.key, adding="")
        for content in contents:
            new = part_name(len(crossing.targets), message.version)
            repeated = bool(crossing.adding) and crossing.adding != new
            crossing = await self._outbox.update(crossing.key, adding=crossing.adding or new)
            target = await way.send(crossing, crossing.adding, content, edited=repeated)
            crossing = await self._outbox.update(crossing.key, adding="", **_grown(crossing, target, content))
            way.doubts.settle(crossing.key)
            unsure |= repeated
        return unsure

    async def _tell_staff(self, crossing: Crossing) -> None:
        """It is not for this session."""
        message = await self._message(crossing)
        if message is None:
            return
        notice = Notice.of(Word.LATE_ANSWER, account=crossing.account)
        if not await self._parts.ports.staff.note(notice, message.body, crossing.key):
            raise Unreachable("the staff's channel does not take a late answer now")
        self.latest.pop(crossing.key, None)
        await self._outbox.update(crossing.key, state=CrossingState.SKIPPED)

    async def _delete(self, crossing: Crossing) -> None:
        way = self._way
        if way.is_of_this_lease(crossing):
            lost = None
            if crossing.adding or crossing.state is CrossingState.WAITING:
                lost = await way.find_lost(crossing, crossing.adding or part_name(len(crossing.targets)))
            for target in filter(None, (*crossing.targets, lost)):
                await way.delete(target)
        waited = crossing.state in {CrossingState.WAITING, CrossingState.STRAY}
        state = CrossingState.WITHDRAWN if waited else CrossingState.REMOVED
        self.latest.pop(crossing.key, None)
        await self._outbox.update(crossing.key, state=state, edited=False)
        way.doubts.settle(crossing.key)

    async def _message(self, crossing: Crossing) -> Message | None:
        """What it says now; None: it was deleted, or can't be read any more, which is recorded."""
        known = self.latest.get(crossing.key)
        if known is not None:
            return known
        if crossing.side is Side.DESK and not self._way.is_of_this_lease(crossing):
            await self._fail(crossing, LOST_WITH_ITS_ACCOUNT)
            return None
        try:
            return await self._way.fetch(crossing)
        except Gone:
            await self._ask_for_thread()
            await self._outbox.update(crossing.key, deleted=True)
            return None

    async def _ask_for_thread(self) -> None:
        """Something is gone: if it is the thread itself, that is for others to decide. Raises `Gone`."""
        fault = await fault_of_thread(self._parts)
        if fault is not None:
            raise Gone(f"the thread: {fault.value}")

    async def _fail(self, crossing: Crossing, reason: str) -> None:
        """It will never cross: said on the message, and kept in the record."""
        logger.warning("A message of user %s can't cross: %s", self._parts.member.id, reason)
        self.latest.pop(crossing.key, None)
        current = self._outbox.get(crossing.key) or crossing
        ends = current.state in {CrossingState.WAITING, CrossingState.STRAY}
        state = CrossingState.FAILED if ends else current.state
        refused = {"deleted": False} if crossing.deleted else {}  # one that came meanwhile is yet to be tried
        await self._outbox.update(crossing.key, state=state, edited=False, reason=reason, **refused)
        self._way.doubts.settle(crossing.key)
        self._show(crossing, Mark.FAILED)

    def show_arrived(self, key: str) -> None:
        """Mark a message, if it has arrived."""
        crossing = self._outbox.get(key)
        if crossing is not None and crossing.state is CrossingState.SENT:
            self._show(crossing, Mark.SENT)

    def _show(self, crossing: Crossing, mark: Mark) -> None:
        if crossing.state is CrossingState.STRAY:
            return  # nobody is told what becomes of somebody else's message
        if crossing.side is Side.THREAD or self._way.is_of_this_lease(crossing):
            self._marks.show(crossing.side, crossing.source, mark)


def _grown(crossing: Crossing, target: str, content: Content) -> dict[str, object]:
    """One more message stands for it."""
    return {"targets": (*crossing.targets, target), "kinds": (*crossing.kinds, content.kind)}
