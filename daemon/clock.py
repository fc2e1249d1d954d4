"""Wall-clock time that does not step back while the process lives."""

import time
from collections.abc import Callable

import trio
from attrs import define, field


@define
class SteadyClock:
    """The wall clock of the moment the process started, carried on by trio's own clock.

    A host's clock that is set back would make waits of hours out of seconds, and calls of the last
    minute look as if they lay in the future. On a virtual clock this one is virtual too.
    """

    wall: Callable[[], float] = time.time
    _offset: float | None = field(default=None, init=False)

    def now(self) -> float:
        """Unix seconds (UTC)."""
        if self._offset is None:
            self._offset = self.wall() - trio.current_time()
        return self._offset + trio.current_time()
