"""The restart window: OTP's intensity rule, with *now* as an argument."""

from collections import deque

from attrs import define, field


@define
class RestartWindow:
    """Allows `intensity` restarts within any `period` seconds.

    Example:
        >>> from supervision.intensity import RestartWindow
        >>> window = RestartWindow(intensity=1, period=5.0)
        >>> window.add(0.0), window.add(5.0), window.add(5.1)
        (True, False, False)
    """

    intensity: int
    period: float
    _times: deque[float] = field(factory=deque, init=False)

    def add(self, now: float) -> bool:
        """Count a restart attempt at `now` (seconds, never going back); False means: give up.

        Times older than `now - period` are dropped; exactly `now - period` is kept (supervisor.erl).
        """
        while self._times and self._times[0] < now - self.period:
            self._times.popleft()
        self._times.append(now)
        return len(self._times) <= self.intensity
