"""Times and durations as people read them."""

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def short_time(at: str | None) -> str:
    """An ISO time to the minute: `2026-11-21T10:18:05Z` → `2026-11-21 10:18`; `–` where there is none."""
    return at[:16].replace("T", " ") if at else "–"


def duration(seconds: float) -> str:
    """The two largest units: `3 d 4 h`, `12 min 5 s`, `0 s`."""
    left = max(0, int(seconds))
    for place, (unit, size) in enumerate(_UNITS[:-1]):
        if left >= size:
            smaller, smaller_size = _UNITS[place + 1]
            rest = left % size // smaller_size
            return f"{left // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{left} s"
