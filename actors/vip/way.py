"""One direction of the relay as the pump sees it: the ports of both sides, with the session's ids put in."""

from collections.abc import Sequence

from attrs import define

from actors.vip.model import Crossing, Side
from actors.vip.nonces import nonce, random_id
from actors.vip.outbox import Outbox
from actors.vip.parts import SessionParts
from actors.vip.ports import Content, DeskMessage, EditSteps, PlanRequest, ThreadMessage

Message = ThreadMessage | DeskMessage


@define(eq=False)
class Way:
    """From `side` to the other one."""

    side: Side
    _parts: SessionParts
    _outbox: Outbox
    doubtful: bool = True
    """The first part that waits may have been sent: its answer was lost, or an earlier life's."""

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
            if self.doubtful and await ports.threads.find_sent(thread, content, name, crossing.source):
                return
            await ports.threads.send(thread, content, name, crossing.source)
        else:
            number = random_id(crossing.key, "back", message.version, parts.lease)
            await ports.desk.send(parts.lease, content, number, crossing.source)

    async def send(
        self, crossing: Crossing, part: int, content: Content, reply_to: str = "", version: str = ""
    ) -> str:
        """Send one part, once; returns its id. `version`: the edit that made it necessary."""
        parts, ports = self._parts, self._parts.ports
        if self.side is Side.THREAD:
            number = random_id(crossing.key, part, version, parts.lease)
            return await ports.desk.send(parts.lease, content, number, reply_to)
        name, thread = nonce(crossing.key, part, version), parts.book.live.thread
        if self.doubtful:
            found = await ports.threads.find_sent(thread, content, name, parts.book.live.welcome)
            if found is not None:
                return found
        self.doubtful = True  # until its answer is recorded
        return await ports.threads.send(thread, content, name, reply_to)

    async def find_lost(self, crossing: Crossing) -> str | None:
        """What may have been sent of its next part, by a try whose answer was lost; the text is unknown."""
        parts, ports, session = self._parts, self._parts.ports, self._parts.book.live
        if self.side is Side.DESK:
            name = nonce(crossing.key, len(crossing.targets), "")
            return await ports.threads.find_sent(session.thread, Content(None), name, session.welcome)
        ours = [t for c in self._outbox.of(Side.THREAD) if self.is_of_this_lease(c) for t in c.targets if t]
        after = max([session.desk_from, *ours], key=int)
        history = await ports.desk.history(parts.lease, after, 100)
        answered = {c.source for c in self._outbox.of(Side.DESK)}
        # What was said back to the desk answers one of its messages; all else that is our own is known.
        return next((m.id for m in history if m.own and m.reply_to not in answered), None)

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

    def reply_target(self, reply_to: str) -> str:
        """What the answered message is on the other side; "" where it is not there."""
        if not reply_to:
            return ""
        key = f"{self._outbox.session}/{self.side.value}/{reply_to}"
        if self.side is Side.DESK:
            key = f"{key}/{self._parts.lease.account}/{self._parts.lease.epoch}"
        written_here = self._outbox.get(key)
        if written_here is not None and written_here.targets and self.is_of_this_lease(written_here):
            return written_here.targets[0]
        came_over = self._outbox.by_target(self.side, reply_to)
        return came_over.source if came_over is not None and self.is_of_this_lease(came_over) else ""
