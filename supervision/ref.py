"""Refs: how everybody else speaks to an actor. Valid across restarts, cheap, comparable."""

from typing import Any

import trio
from attrs import frozen
from trio.lowlevel import current_task, wait_task_rescheduled

from supervision.asking import begin_asking, current_cell
from supervision.cell import DOWN, Cell
from supervision.errors import ActorDead, AskTimeout, MailboxFull
from supervision.mailbox import MailboxStatistics
from supervision.question import Question
from supervision.validation import check_seconds, wrong

ASK_TIMEOUT = 5.0
"""Seconds an `ask` waits by default."""


@frozen
class ActorRef:
    """An actor's address."""

    _cell: Cell

    @property
    def path(self) -> str:
        """Where the actor is in the tree: `perkd/giftcodes/redeemers/42`."""
        return self._cell.path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self._cell.name

    def __repr__(self) -> str:
        return f"<ActorRef {self._cell.path}>"

    @property
    def alive(self) -> bool:
        """The actor has not ended for good; it may be between two incarnations."""
        return not self._cell.dead

    @property
    def queued(self) -> int:
        """Messages waiting in the mailbox."""
        return self._cell.queued

    def statistics(self) -> MailboxStatistics:
        """The mailbox at this moment: a frozen value."""
        return self._cell.mailbox.statistics()

    def tell(self, message: object) -> None:
        """Put `message` into the mailbox at once.

        Raises:
            MailboxFull: there is no room; nothing was queued.
            ActorDead: the actor has ended for good.
        """
        try:
            has_room = self._cell.mailbox.offer(message)
        except trio.BrokenResourceError:
            raise _dead(self._cell, message) from None
        if not has_room:
            raise MailboxFull(f"{self.path}: its mailbox holds {self._cell.spec.mailbox} messages")

    async def send(self, message: object) -> None:
        """Put `message` into the mailbox, waiting for room.

        Raises:
            ActorDead: the actor has ended for good.
        """
        try:
            await self._cell.mailbox.put(message)
        except trio.BrokenResourceError:
            raise _dead(self._cell, message) from None

    async def ask(self, message: object, timeout: float | None = ASK_TIMEOUT) -> Any:  # noqa: ASYNC109 - one shared wheel, not a scope per ask
        """Send `message` and return what the actor's `receive` returned for it.

        `timeout` in seconds covers the wait for room and for the answer; None waits for ever.

        Raises:
            AskTimeout: no answer came in time; a late one is dropped.
            ActorCrashed: the actor crashed while it worked on this question.
            ActorDead: the actor has ended for good.
            AskCycle: the actor asked waits, perhaps through others, for the one that asks.
            InvalidSpec: `timeout` is neither None nor a number of seconds, 0 or more.
        """
        cell = self._cell
        if timeout is not None and timeout is not ASK_TIMEOUT:
            check_seconds(cell.path, "timeout", timeout)
        if timeout is not None and not cell.host.wheel.turns:
            return await _ask_within(self, message, timeout)
        question = Question(message, cell.path)
        asker = current_cell.get()
        if asker is not None:
            asker = begin_asking(asker, cell)
        deadline = None
        try:
            if timeout is not None:
                deadline = cell.host.wheel.add(trio.current_time() + timeout, question.expire)
            try:
                if not cell.mailbox.offer(question):
                    await _put_within(cell, question, timeout)
            except trio.BrokenResourceError:
                raise _dead(cell, question) from None
            if not question.done:  # as `question.wait()` does, which would be one more coroutine for each ask
                question.asker = current_task()
                await wait_task_rescheduled(question.abandon)
            return question.result()
        finally:
            if deadline is not None:
                deadline.cancel()
            if asker is not None and asker.asking is not None:
                asker.asking.remove(cell)

    def monitor(self, watcher: "ActorRef", message: object = DOWN) -> None:
        """Have `watcher` told once, when this actor has ended for good: `message`, or how it ended.

        Without a message of its own the notice is a `Down`. At once if it has ended already; never for a
        restart. Asked for again with an equal message (of a type with a hash), as the watcher's next life
        may do, while the first is pending, it is one notice.

        Raises:
            InvalidSpec: `watcher` is not an actor's ref.
        """
        if not isinstance(watcher, ActorRef):
            raise wrong(self.path, "watcher", watcher, "an ActorRef")
        if self._cell.dead:
            watcher._cell.notify(self._cell.final(message))  # noqa: SLF001 - the same class
        else:
            self._cell.add_watcher(watcher._cell, message)  # noqa: SLF001 - the same class


def _dead(cell: Cell, message: object) -> ActorDead:
    cell.count_dead_letter(message)
    return ActorDead(f"{cell.path} has ended")


async def _ask_within(ref: ActorRef, message: object, limit: float) -> Any:
    """Ask an actor whose tree does not run: the wheel stands still."""
    with trio.move_on_after(limit):
        return await ref.ask(message, None)
    raise AskTimeout(f"{ref.path} did not answer {type(message).__name__} in time")


async def _put_within(cell: Cell, question: Question, limit: float | None) -> None:
    with trio.move_on_after(float("inf") if limit is None else limit) as scope:
        await cell.mailbox.put(question)
    if scope.cancelled_caught:
        raise AskTimeout(f"{cell.path}: no room in its mailbox in time")
