"""A question: a message somebody waits for the answer of."""

import outcome
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
    _task: trio.lowlevel.Task | None = None
    _answer: "outcome.Maybe[object] | None" = None

    def settle(self, answer: "outcome.Maybe[object]") -> None:
        """Give the answer. The first counts; one that comes too late is dropped."""
        if self._answer is not None:
            return
        if self._task is None:
            self._answer = answer
            return
        # Handed over, not kept: an error that is kept holds the frames it went through.
        self._answer = _DONE
        task, self._task = self._task, None
        trio.lowlevel.reschedule(task, answer)

    def fail(self, error: Exception) -> None:
        """Answer with an error."""
        self.settle(outcome.Error(error))

    def expire(self) -> None:
        """Too late."""
        self.fail(AskTimeout(f"{self.path} did not answer {type(self.message).__name__} in time"))

    async def wait(self) -> object:
        """The answer; raises what the question failed with. To be awaited once."""
        if self._answer is not None:
            answer, self._answer = self._answer, _DONE
            await trio.lowlevel.checkpoint()
            return answer.unwrap()

        def abort(_: object) -> trio.lowlevel.Abort:
            self._task = None
            self._answer = _DONE
            return trio.lowlevel.Abort.SUCCEEDED

        self._task = trio.lowlevel.current_task()
        return await trio.lowlevel.wait_task_rescheduled(abort)


_DONE: "outcome.Maybe[object]" = outcome.Value(None)
"""Stands for an answer that was handed over, or that nobody waits for any more."""
