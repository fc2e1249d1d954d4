"""A question: a message somebody waits for the answer of."""

from typing import Any

from attrs import define
from trio.lowlevel import Abort, Task, checkpoint, current_task, reschedule, wait_task_rescheduled

from supervision.errors import AskTimeout


@define(eq=False)
class Question:
    """A message in a mailbox, and the task that waits for its answer.

    It keeps its message until it is done with: one whose asker has gone is still handled, as in OTP.
    """

    message: object
    path: str
    asker: Task | None = None
    """The task that sleeps until the question is done."""
    done: bool = False
    """It was answered, has failed, or nobody waits any more."""
    _answer: object = None
    _error: Exception | None = None

    def answer(self, answer: object) -> None:
        """Give the answer. The first counts; one that comes too late is dropped."""
        if not self.done:
            self.done, self._answer = True, answer
            if self.asker is not None:
                reschedule(self.asker)

    def fail(self, error: Exception) -> None:
        """Answer with an error."""
        if not self.done:
            self._error = error
            self.answer(None)

    def expire(self) -> None:
        """Too late."""
        self.fail(AskTimeout(f"{self.path} did not answer {type(self.message).__name__} in time"))

    async def wait(self) -> Any:
        """The answer; raises what the question failed with. To be awaited once."""
        if self.done:
            await checkpoint()
        else:
            self.asker = current_task()
            await wait_task_rescheduled(self.abandon)
        return self.result()

    def result(self) -> Any:
        """The answer of a question that is done, to be asked for once; raises what it failed with."""
        # Handed over, not kept: an error that is kept holds the frames it went through.
        answer, self._answer = self._answer, None
        error, self._error = self._error, None
        if error is None:
            return answer
        try:
            raise error
        finally:
            del error

    def abandon(self, _: object) -> Abort:
        """Nobody waits any more: trio calls this when the asker is cancelled."""
        self.asker, self.done = None, True
        return Abort.SUCCEEDED
