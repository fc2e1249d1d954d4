"""Words, numbers and colours of the status. Pure."""

from daemon.safe_text import neutralised

GOOD = {"running", "healthy", "leading", "following", "connected"}
BAD = {"stopped", "overdue", "failing", "away", "no answer"}


def word(value: object) -> str:
    """A value from the daemon, fit for a line."""
    return neutralised(str(value))


def count(number: object, noun: str, plural: str = "") -> str:
    """`1 check`, `2 checks`; `plural`: where it is not made by an s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def spoken(state: str) -> str:
    """`backing_off` → `backing off`."""
    return state.replace("_", " ")


def style(state: str) -> str:
    """The colour of a state."""
    return "green" if state in GOOD else "red" if state in BAD else "yellow"


def number(value: object) -> float:
    """A number; 0 where the daemon told something else."""
    return float(value) if isinstance(value, int | float) else 0.0
