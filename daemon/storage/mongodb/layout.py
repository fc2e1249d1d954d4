"""How the state is laid out in the database: names, and ids that sort as positions do."""

from typing import Any

from actors.ports import Position
from daemon.storage.schema import MIGRATIONS

SCHEMA = 1
"""The layout's version. One with a higher number is left alone."""
RECORDS = len(MIGRATIONS)
"""The version of what is kept, the same as the file's. One with a higher number is left alone: it may have
collections that this perkd would leave out of a file that it fills."""

Body = dict[str, Any]

JOURNAL = "journal"
"""One document per batch, and one *fence* where a term begins."""
TERMS = "terms"
META = "meta"
LEASE = "lease"

NOT_GONE: Body = {"gone": {"$exists": False}}
"""Leaves out the marks of deleted records."""
NO_FENCE: Body = {"fence": {"$exists": False}}


def place(position: Position) -> str:
    """The position as a string that sorts as it does: servers index strings, not all index documents."""
    return f"{position.term:010d}-{position.sequence:012d}"


def position(place: str) -> Position:
    """The reverse of `place`."""
    term, _, sequence = place.partition("-")
    return Position(int(term), int(sequence))


def following(place: Position) -> Position:
    """The next place of the same term."""
    return Position(place.term, place.sequence + 1)
