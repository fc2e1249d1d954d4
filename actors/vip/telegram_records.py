"""What is stored of the accounts' connections to Telegram."""

from typing import ClassVar

from attrs import frozen

from actors.record import Record


@frozen
class TelegramLease(Record):
    """Which daemon may connect an account."""

    collection: ClassVar[str] = "telegram_leases"

    account: str
    holder: str
    """The id of a daemon's state directory and host: a restart there keeps it."""
    host: str = ""
    """Its name, for people."""

    @property
    def key(self) -> str:
        """The account's name."""
        return self.account


@frozen
class TelegramBeat(Record):
    """That a daemon still has its leases. No clock is in it: who waits counts how long it has not moved."""

    collection: ClassVar[str] = "telegram_beats"

    holder: str
    beat: int
    """Rises with every renewal."""

    @property
    def key(self) -> str:
        """The holder's id."""
        return self.holder


@frozen
class TelegramSession(Record):
    """An account's session, encrypted: for hosts that lose their disk."""

    collection: ClassVar[str] = "telegram_sessions"

    account: str
    sealed: str
    """Base64; only the key in the environment opens it."""
    at: float
    """When it was written."""

    @property
    def key(self) -> str:
        """The account's name."""
        return self.account
