"""Every command under a deadline, and what the driver raises in the store's own words.

The texts name host and port, never the user or the password.
"""

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator

from attrs import frozen
from bson.errors import BSONError, InvalidDocument
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from actors.storage import Refusal
from actors.stores import StoreAway

DUPLICATE = 11000
_NOT_ALLOWED = frozenset({13, 18, 8000})
"""Unauthorized, AuthenticationFailed, and Atlas's own for both."""
_LONGEST = 200
_IN_OUR_WORDS = {"operation cancelled": "the connection was lost", "No servers found yet": "no answer"}
_ASYNCIO_FAILED = re.compile(r"\[Errno (\d+)\] Connect call failed \([^)]*\)")

DEADLINE = 5.0
"""Seconds for one command and its answer."""


@frozen
class Line:
    """The way to the server."""

    place: str
    """host:port, as `MongoAddress.place`."""
    deadline: float = DEADLINE

    @contextlib.asynccontextmanager
    async def command(self, times: int = 1) -> AsyncIterator[None]:
        """Around one command; `times` the deadline for one that has to look at a whole collection.

        Raises:
            StoreAway: the server can't be reached, does not answer in time, or refuses.
            Refusal: it can't hold the document that was sent.
        """
        limit = self.deadline * times
        try:
            async with asyncio.timeout(limit):
                yield
        except TimeoutError as error:
            raise StoreAway(f"MongoDB at {self.place} did not answer within {limit:g} s") from error
        except (DocumentTooLarge, InvalidDocument) as error:
            raise Refusal(f"MongoDB can't hold this: {_short(error)}") from error
        except InvalidOperation:
            raise  # the client was closed under us: a fault of the program
        except (PyMongoError, BSONError, OSError) as error:
            raise StoreAway(self._words(error)) from error

    def _words(self, error: Exception) -> str:
        code, text = _told(error)
        text = text.removeprefix(f"{self.place}: ")
        if code == 8000 and "quota" in text.lower():  # noqa: PLR2004 - Atlas's
            return f"MongoDB at {self.place} is full: {text}"
        if code in _NOT_ALLOWED:
            return (
                f"MongoDB at {self.place}: the user or password in MONGODB_URI is not accepted, or may not "
                f"read and write there (code {code})"
            )
        if isinstance(error, ServerSelectionTimeoutError):
            return f"MongoDB at {self.place} can't be reached: {text}"
        what = f"refuses (code {code})" if code else "failed"
        return f"MongoDB at {self.place} {what}: {text}"


def _told(error: Exception) -> tuple[int, str]:
    """The server's code (0: none), and its words."""
    if isinstance(error, BulkWriteError):
        details = error.details or {}
        for fault in (*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())):
            if fault.get("code") != DUPLICATE:
                return int(fault.get("code") or 0), _shortened(str(fault.get("errmsg", "")))
    if isinstance(error, OperationFailure):
        message = (error.details or {}).get("errmsg") or str(error)
        return int(error.code or 0), _shortened(str(message))
    return 0, _short(error)


def _short(error: Exception) -> str:
    # The driver adds its settings, and the whole topology.
    text = str(error)
    for more in (" (configured timeouts", ", Timeout:", ", full error:"):
        text = text.split(more, 1)[0]
    text = _ASYNCIO_FAILED.sub(lambda found: os.strerror(int(found[1])), text)
    for theirs, ours in _IN_OUR_WORDS.items():
        text = text.replace(theirs, ours)
    return _shortened(text) or type(error).__name__


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def taken(error: BulkWriteError) -> list[int]:
    """Which statements found their `_id` taken. Raises `error` itself where anything else went wrong."""
    details = error.details or {}
    faults = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(fault.get("code") != DUPLICATE for fault in faults):
        raise error
    return [int(fault["index"]) for fault in faults]
