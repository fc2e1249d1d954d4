"""Where sessions, accounts and messages stand, and why sessions end: as they are stored."""

from enum import StrEnum


class SessionState(StrEnum):
    """Where a live session stands."""

    WAITING = "waiting"
    """On the waiting list: no account is free."""
    OPENING = "opening"
    OPEN = "open"
    ENDING = "ending"


class EndReason(StrEnum):
    """Why a session ends."""

    OWNER = "owner"
    STAFF = "staff"
    """Staff ended it in its thread, in the ordinary way."""
    CLEARED = "cleared"
    """Staff cleared it away, whatever state it was in."""
    COMPLETED = "completed"
    ARCHIVED = "archived"
    DELETED = "deleted"
    PARENT_DELETED = "parent_deleted"
    INACCESSIBLE = "inaccessible"
    LEFT_THREAD = "left_thread"
    LEFT_GUILD = "left_guild"
    INACTIVE = "inactive"
    UNREACHABLE = "unreachable"
    """Discord did not answer the check, and the settings say that it is to be cleaned up then."""
    OPENING_FAILED = "opening_failed"
    NO_PERMISSION = "no_permission"
    """The opening failed because the bot may not do what it needs."""
    FORGOTTEN = "forgotten"


class AccountState(StrEnum):
    """Where a Telegram account stands; it is in exactly one state at every moment."""

    FREE = "free"
    LEASED = "leased"
    DRAINING = "draining"
    """Given back; its history is being cleared."""
    QUARANTINED = "quarantined"
    """Its history could not be cleared, or verified to be empty; tried again later."""
    FLOOD_WAIT = "flood_wait"
    """Telegram asked for a pause while its history was being cleared."""
    LIMITED = "limited"
    """Telegram does not let it write to others; nobody knows until when."""
    DEAD = "dead"
    """Banned, signed out, or no longer configured."""


class Side(StrEnum):
    """Where a message was written."""

    THREAD = "thread"
    DESK = "desk"


class CrossingState(StrEnum):
    """What has become of a message's way to the other side."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    """Deleted before it had been sent."""
    REMOVED = "removed"
    """Deleted after it had been sent, on both sides."""
    STRAY = "stray"
    """A late answer to somebody else: staff are yet to be told of it."""
    SKIPPED = "skipped"
    """Missed while perkd was away, and too old or too many to be replayed: the thread was told.

    Or stray: staff were told.
    """
