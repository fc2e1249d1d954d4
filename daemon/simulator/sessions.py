"""`v1`: which players are logged in, and how a session ends."""

from attrs import define, field


@define
class _Session:
    since: float
    calls: int = 0


@define
class Sessions:
    """The logins the server remembers, at most one for a fid."""

    max_calls: int | None = None
    """A session ends after so many calls; None: never for that."""
    lifetime: float | None = None
    """A session ends so many seconds after its login; None: never for that."""
    _open: dict[str, _Session] = field(factory=dict, init=False)

    def login(self, fid: str, now: float) -> None:
        """Open a session, or a fresh one."""
        self._open[fid] = _Session(now)

    def use(self, fid: str, now: float) -> bool:
        """Whether the player is logged in; counts the call."""
        session = self._open.get(fid)
        if session is None:
            return False
        outlived = self.lifetime is not None and now - session.since >= self.lifetime
        if outlived or (self.max_calls is not None and session.calls >= self.max_calls):
            self.forget(fid)
            return False
        session.calls += 1
        return True

    def forget(self, fid: str) -> None:
        """End the player's session, if there is one."""
        self._open.pop(fid, None)
