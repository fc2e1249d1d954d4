"""What Discord answers where it refuses: a status, a code, and words.

See https://discord.com/developers/docs/topics/opcodes-and-status-codes#json.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field

Json = dict[str, Any]

INVALID_FORM = 50035

_KNOWN = {
    0: (401, "401: Unauthorized"),
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10011: (404, "Unknown Role"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20012: (403, "You are not authorized to perform this action on this application"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
}


class Refusal(Exception):  # noqa: N818 - what is answered
    """Raised anywhere in the REST half; becomes the answer."""

    def __init__(self, code: int, message: str = "", *, status: int = 0, errors: Json | None = None) -> None:
        """A known `code` brings its own status and words."""
        known_status, known_message = _KNOWN.get(code, (400, "Bad request"))
        super().__init__(message or known_message)
        self.code = code
        self.status = status or known_status
        self.errors = errors

    def payload(self) -> Json:
        """The JSON of the answer."""
        found: Json = {"message": str(self), "code": self.code}
        return found if self.errors is None else {**found, "errors": self.errors}


@define(eq=False)
class Form:
    """Collects what is wrong with a request's body, field by field, and refuses it with all of that."""

    _errors: Json = field(factory=dict)
    _path: list[str] = field(factory=list)

    @contextmanager
    def within(self, *keys: str | int) -> Iterator[None]:
        """What is wrong inside is wrong with the field of this key."""
        self._path.extend(str(key) for key in keys)
        try:
            yield
        finally:
            del self._path[len(self._path) - len(keys) :]

    def wrong(self, code: str, message: str, *keys: str | int) -> None:
        """Note an error of the present field, or of one inside it."""
        place = self._errors
        for key in (*self._path, *(str(key) for key in keys)):
            place = place.setdefault(key, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def refuse(self) -> None:
        """Raise the refusal (50035) if anything was wrong."""
        if self._errors:
            raise Refusal(INVALID_FORM, "Invalid Form Body", errors=self._errors)
