"""Messages counted by type."""

MOST_TYPES = 16
"""Types of messages that are counted apart; there are only so many names in a record."""
OTHERS = "(other types)"


def tally(counts: dict[str, int], kind: str, number: int = 1) -> None:
    """Count messages by type, within bounds."""
    kind = kind if kind in counts or len(counts) < MOST_TYPES else OTHERS
    counts[kind] = counts.get(kind, 0) + number
