"""When an actor looks next at what is due."""

from collections.abc import Callable

import trio
from attrs import define, field

from supervision import Timer


@define(eq=False)
class NextLook:
    """Of several wishes the earliest counts; there is one look under way, or none."""

    _after: Callable[[float, object], Timer]
    _message: object
    """What the actor tells itself then."""
    _timer: Timer | None = field(default=None, init=False)
    _at: float = field(default=0.0, init=False)
    """trio's time."""

    def within(self, seconds: float) -> None:
        """Look in so many seconds at the latest."""
        at = trio.current_time() + seconds
        if self._timer is not None and self._timer.pending:
            if self._at <= at:
                return
            self._timer.cancel()
        self._at, self._timer = at, self._after(seconds, self._message)
