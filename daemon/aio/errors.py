"""What can go wrong between trio and asyncio."""


class LoopEnded(Exception):  # noqa: N818 - what happened
    """The asyncio loop has ended, or its thread died of the exception that is this one's cause."""

    def __init__(self, name: str, failure: BaseException | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.__cause__ = failure

    def __str__(self) -> str:
        if self.__cause__ is None:
            return f"asyncio loop {self.name}: has ended, open a new one"
        return f"asyncio loop {self.name}: ended by {type(self.__cause__).__name__}, open a new one"


class TaskCancelled(Exception):  # noqa: N818 - what happened
    """Asyncio code cancelled the call by itself: nobody in trio asked for it.

    The cause is asyncio's own `CancelledError`. It does not come through as it is because it is no
    `Exception`: in trio it would end everything.
    """


class OutletClosed(Exception):  # noqa: N818 - what happened
    """Nobody takes values from this outlet any more."""
