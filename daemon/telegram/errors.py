"""Telethon's errors as those of the port, and in words."""

import sqlite3
import struct
from collections.abc import Callable

from telethon import errors  # type: ignore[import-untyped]

from actors.vip.ports import AccountDead, FloodWait, Gone, Limited, Refused, Trouble, Unreachable

_DEATHS = {
    "UserDeactivatedBanError": "Telegram has banned the account",
    "PhoneNumberBannedError": "Telegram has banned the account's phone number",
    "UserDeactivatedError": "the account was deleted",
    "SessionRevokedError": "its owner has ended perkd's session in the list of devices",
    "SessionExpiredError": "its session has expired",
    "AuthKeyUnregisteredError": "it is signed out",
    "AuthKeyDuplicatedError": "its session was used in two places at once, and Telegram has ended it",
    "AuthKeyNotFound": "Telegram does not know its session's key",
}
_LIMITS = (
    errors.PeerFloodError,
    errors.FrozenMethodInvalidError,
    errors.UserRestrictedError,
    errors.UserBannedInChannelError,
)
_ENDS = (
    errors.UnauthorizedError,
    errors.AuthKeyError,
    errors.AuthKeyNotFound,
    errors.PhoneNumberBannedError,
)
_ITS_OWN = (errors.ServerError, errors.TimedOutError, errors.InvalidDCError)
_LOST = (OSError, EOFError, TimeoutError, BufferError, errors.SecurityError)
DAMAGED = frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT"})
"""SQLite's errors that no trying again mends."""
_UNREADABLE = (
    errors.BadMessageError,
    errors.TypeNotFoundError,
    errors.InvalidChecksumError,
    struct.error,
)
"""Telethon's, for a request that Telegram could not place, or an answer of which it makes nothing."""
_NO_SECONDS = 60
"""Seconds to wait where Telegram asks to wait and does not say for how long."""


def translate(error: Exception) -> Trouble | None:
    """What the port says for an error of Telethon's or of the network's; None: it is a fault of ours."""
    if isinstance(error, Trouble):
        return error
    for kinds, say in _WORDS:
        if isinstance(error, kinds):
            return say(error)
    return None


def _name(error: Exception) -> str:
    return type(error).__name__


def _dead(error: Exception) -> AccountDead:
    name = _name(error)
    return AccountDead(_DEATHS.get(name, f"Telegram does not take its session any more ({name})"))


def _unusable(error: Exception) -> str:
    if getattr(error, "sqlite_errorname", "") in DAMAGED:
        return f"the session file is damaged ({error}): move it away, then sign the account in again"
    return f"the session file can't be used: {error}"


_WORDS: tuple[tuple[tuple[type[Exception], ...], Callable[[Exception], Trouble]], ...] = (
    (_LIMITS, lambda _: Limited("Telegram does not let the account write to others, for fear of spam")),
    ((errors.FloodError,), lambda error: FloodWait(getattr(error, "seconds", _NO_SECONDS))),
    (_ENDS, _dead),
    ((errors.MessageIdInvalidError,), lambda _: Gone("Telegram has no such message")),
    (_ITS_OWN, lambda error: Unreachable(f"Telegram has trouble of its own ({_name(error)})")),
    ((errors.RPCError,), lambda error: Refused(f"Telegram refuses it ({_name(error)})")),
    ((sqlite3.Error,), lambda error: Unreachable(_unusable(error))),
    (_UNREADABLE, lambda error: Unreachable(f"Telegram's answer can't be read ({_name(error)})")),
    (_LOST, lambda error: Unreachable(f"Telegram can't be reached ({_name(error)})")),
)
"""The first line that fits counts."""
