"""A question: a message somebody waits for the answer of."""

from typing import Any

import trio
from attrs import define

from supervision.errors import AskTimeout


@define(eq=False)
class Question:
    """A message in a mailbox, and the task that waits for its answer.

    It keeps its message until it is done with: one whose asker has gone is still handled, as in OTP.
    """

    message: object
    path: str
    _asker: trio.lowlevel.Task | None = None
    _done: bool = False
    """It was answered, has failed, or nobody waits any more."""
    _answer: object = None
    _error: Exception | None = None

    def answer(self, answer: object) -> None:
        """Give the answer. The first counts; one that comes too late is dropped."""
        if not self._done:
            self._answer = answer
            self._finish()

    def fail(self, error: Exception) -> None:
        """Answer with an error."""
        if not self._done:
            self._error = error
            self._finish()

    def expire(self) -> None:
        """Too late."""
        self.fail(AskTimeout(f"{self.path} did not answer {type(self.message).__name__} in time"))

    def _finish(self) -> None:
        self._done = True
        if self._asker is not None:
            trio.lowlevel.reschedule(self._asker)

    async def wait(self) -> Any:
        """The answer; raises what the question failed with. To be awaited once."""
        if self._done:
            await trio.lowlevel.checkpoint()
        else:
            self._asker = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._abandon)
        # Handed over, not kept: an error that is kept holds the frames it went through.
        answer, self._answer = self._answer, None
        error, self._error = self._error, None
        if error is None:
            return answer
        try:
            raise error
        finally:
            del error

    def _abandon(self, _: object) -> trio.lowlevel.Abort:
        self._asker, self._done = None, True
        return trio.lowlevel.Abort.SUCCEEDED
