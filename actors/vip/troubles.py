"""What may go wrong at a port: each says what the actors have to do about it."""


class Trouble(Exception):  # noqa: N818 - the family of what a port may say
    """What a port's method raises where it did not succeed; its text says why, without secrets."""


class Unreachable(Trouble):
    """No answer, 5xx, disconnected, timed out. Whether it was done is unknown; repeating is safe."""


class Gone(Trouble):
    """What it was about is not there (any more): thread, message, member, parent."""


class Forbidden(Trouble):
    """Discord says 403: the bot may not do that. A person has to mend it."""


class Refused(Trouble):
    """The other side will never take this as it is: too large, too old to be edited, a bad name."""


class FloodWait(Trouble):
    """To be asked again in `seconds`, and not before."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"asked to wait for {seconds:g} s")
        self.seconds = seconds


class AccountDead(Trouble):
    """The Telegram account is banned, deactivated or signed out: it is of no use any more."""

    @property
    def reason(self) -> str:
        """Why, in words."""
        return str(self)


class Limited(Trouble):
    """Telegram does not let this account write to others (`PeerFlood`); nobody knows until when."""


class WrongEpoch(Trouble):
    """The lease that was named is over: nothing was sent."""
