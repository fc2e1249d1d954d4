"""One direction of the relay as the pump sees it: the ports of both sides, with the session's ids put in."""

import logging
from collections.abc import Sequence

from attrs import define, field

from actors.vip.doubts import UNKNOWN, Doubts
from actors.vip.model import Crossing, Side
from actors.vip.nonces import nonce, random_id
from actors.vip.outbox import Outbox
from actors.vip.parts import SessionParts
from actors.vip.ports import Content, DeskMessage, EditSteps, PlanRequest, ThreadMessage
from actors.vip.words import Notice, Word

logger = logging.getLogger(__name__)

Message = ThreadMessage | DeskMessage


def part_name(place: int, version: str = "") -> str:
    """What a part is called within its crossing. `version`: the edit that made it necessary."""
    return f"{place}/{version}"


@define(eq=False)
class Way:
    """From `side` to the other one."""

    side: Side
    _parts: SessionParts
    _outbox: Outbox
    doubts: Doubts = field(factory=Doubts)
    _backs: frozenset[str] = frozenset()
    """Names of what is being said back."""

    def is_of_this_lease(self, crossing: Crossing) -> bool:
        """Its ids at Telegram are of the account that the session has now."""
        lease = self._parts.lease
        return (crossing.account, crossing.epoch) == (lease.account, lease.epoch)

    async def fetch(self, crossing: Crossing) -> Message:
        """The message as it is now where it was written."""
        ports = self._parts.ports
        if self.side is Side.THREAD:
            return await ports.threads.message(self._parts.book.live.thread, crossing.source)
        return await ports.desk.message(self._parts.lease, crossing.source)

    def plan(self, crossing: Crossing, message: Message) -> Sequence[Content]:
        """What is sent for it."""
        request, planner = self._request(crossing, message), self._parts.ports.planner
        return planner.to_desk(request) if self.side is Side.THREAD else planner.to_thread(request)

    def plan_edit(self, crossing: Crossing, message: Message) -> EditSteps:
        """What its edit does to what was sent."""
        request = self._request(crossing, message)
        return self._parts.ports.planner.edit(request, self.side, crossing.kinds)

    def _request(self, crossing: Crossing, message: Message) -> PlanRequest:
        name = message.author_name if isinstance(message, ThreadMessage) and crossing.staff else ""
        return PlanRequest(message.body, crossing.staff, name, late=crossing.late)

    async def say_back(self, crossing: Crossing, message: Message) -> None:
        """Tell who wrote it what of it can't cross, once."""
        parts, ports = self._parts, self._parts.ports
        content = ports.planner.said_back(self._request(crossing, message), self.side)
        if content is None:
            return
        if self.side is Side.THREAD:
            name, thread = nonce(crossing.key, "back", message.version), parts.book.live.thread
            doubtful = name in self._backs or self.doubts.given(crossing.key) is not None
            self._backs |= {name}
            if not (doubtful and await ports.threads.find_sent(thread, content, name, crossing.source)):
                await ports.threads.send(thread, content, name, crossing.source)
            self._backs -= {name}
        else:
            number = random_id(crossing.key, "back", message.version, parts.lease)
            await ports.desk.send(parts.lease, content, number, crossing.source)

    async def send(
        self, crossing: Crossing, part: str, content: Content, reply_to: str = "", *, edited: bool = False
    ) -> str:
        """Send one part, once; returns its id. Until that is recorded and settled, it is in doubt.

        `part`: its `part_name`. `edited`: an earlier try may have had another text.
        """
        parts, ports = self._parts, self._parts.ports
        given = self.doubts.given(crossing.key)
        if self.side is Side.DESK and given is not None:
            found = await self._find_posted(crossing, part, content if given is UNKNOWN else given)
            if found is not None:
                return found
            if edited and given is UNKNOWN:
                await self._tell_doubt()
        self.doubts.give(crossing.key, content)
        if self.side is Side.THREAD:
            number = random_id(crossing.key, part, parts.lease)
            return await ports.desk.send(parts.lease, content, number, reply_to)
        return await ports.threads.send(parts.book.live.thread, content, nonce(crossing.key, part), reply_to)

    async def find_lost(self, crossing: Crossing, part: str) -> str | None:
        """What was sent of this part by a try whose answer was lost. What can't be told, staff are told."""
        given = self.doubts.given(crossing.key)
        if given is None:
            return None
        if self.side is Side.THREAD:
            return await self._find_at_desk()
        found = await self._find_posted(crossing, part, given)
        if found is None and given is UNKNOWN:
            await self._tell_doubt()
        return found

    async def _find_posted(self, crossing: Crossing, part: str, content: Content) -> str | None:
        """Our message in the thread, if it is none that stands for another: equal texts are no doubles."""
        threads, session, lease = self._parts.ports.threads, self._parts.book.live, self._parts.lease
        name, after = nonce(crossing.key, part), session.welcome
        while True:
            found = await threads.find_sent(session.thread, content, name, after)
            if found is None or await self._outbox.look_up_target(Side.THREAD, found, lease) is None:
                return found
            if found == after:
                return None
            after = found

    async def _find_at_desk(self) -> str | None:
        """Our message at the desk that stands for nothing we know of; None where that is not plain."""
        parts, session = self._parts, self._parts.book.live
        if not session.desk_from:
            return None  # nothing was sent with this lease
        ours = [c for c in self._outbox.of(Side.THREAD) if self.is_of_this_lease(c)]
        if any("" in c.targets for c in ours):
            await self._tell_doubt()
            return None
        after = max([session.desk_from, *(t for c in ours for t in c.targets)], key=int)
        history = await parts.ports.desk.history(parts.lease, after, 100)
        answered = {c.source for c in self._outbox.of(Side.DESK)}
        # What was said back to the desk answers one of its messages; all else that is our own is known.
        return next((m.id for m in history if m.own and m.reply_to not in answered), None)

    async def _tell_doubt(self) -> None:
        """The text of the lost try is stored nowhere, so that only a person can see whether it arrived."""
        parts = self._parts
        logger.warning("A message of user %s may have arrived twice, or stayed", parts.member.id)
        notice = Notice.of(Word.DOUBTFUL, member=parts.member.id, link=parts.link())
        await parts.ports.staff.note(notice)

    async def edit(self, target: str, content: Content) -> None:
        """Show other content in what was sent."""
        ports = self._parts.ports
        if self.side is Side.THREAD:
            await ports.desk.edit(self._parts.lease, target, content)
        else:
            await ports.threads.edit(self._parts.book.live.thread, target, content)

    async def delete(self, target: str) -> None:
        """Delete what was sent."""
        ports = self._parts.ports
        if self.side is Side.THREAD:
            await ports.desk.delete(self._parts.lease, target)
        else:
            await ports.threads.delete(self._parts.book.live.thread, target)

    async def reply_target(self, reply_to: str) -> str:
        """What the answered message is on the other side; "" where it is not there."""
        if not reply_to:
            return ""
        key = f"{self._outbox.session}/{self.side.value}/{reply_to}"
        if self.side is Side.DESK:
            key = f"{key}/{self._parts.lease.account}/{self._parts.lease.epoch}"
        written_here = await self._outbox.look_up(self.side, reply_to, key)
        if written_here is not None and written_here.targets and self.is_of_this_lease(written_here):
            return written_here.targets[0]
        came_over = await self._outbox.look_up_target(self.side, reply_to, self._parts.lease)
        return came_over.source if came_over is not None and self.is_of_this_lease(came_over) else ""
