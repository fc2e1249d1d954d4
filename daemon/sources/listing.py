"""From the entries of a listing to codes: bad ones are skipped by name, the good ones kept."""

import logging
from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from actors.ports import FoundCode
from daemon.sources.body import excerpt

logger = logging.getLogger(__name__)

MAX_ENTRIES = 1000
"""Entries read of one listing. No source of gift codes comes near it."""
_MAX_WARNINGS = 10


@frozen
class Entry:
    """One entry that holds a code; `expires` in unix seconds."""

    code: str
    expires: float | None = None


@define
class Listing:
    """Reads the listings of one source, and remembers what it has complained about already."""

    source: str
    game: str
    _known_bad: frozenset[str] = field(factory=frozenset, init=False)
    _known_long: bool = field(default=False, init=False)

    def codes(
        self, entries: Sequence[object], read: Callable[[object], Entry | None]
    ) -> tuple[FoundCode, ...]:
        """The codes of the first `MAX_ENTRIES` entries, each once; `read` gives None for a bad entry."""
        self._warn_if_long(len(entries))
        codes: dict[str, FoundCode] = {}
        bad: dict[str, None] = {}
        for raw in entries[:MAX_ENTRIES]:
            entry = read(raw)
            if entry is None:
                bad[excerpt(str(raw)[:1000])] = None
            else:
                codes.setdefault(entry.code, FoundCode(self.game, entry.code, entry.expires))
        self._warn_of_bad(bad)
        return tuple(codes.values())

    def _warn_if_long(self, count: int) -> None:
        if count > MAX_ENTRIES and not self._known_long:
            logger.warning(
                "Source %s lists %d entries: only the first %d are read",
                self.source,
                count,
                MAX_ENTRIES,
                extra={"source": self.source, "entries": count},
            )
        self._known_long = count > MAX_ENTRIES

    def _warn_of_bad(self, bad: dict[str, None]) -> None:
        """Warn of each bad entry when it first appears: the next listing comes in ten seconds."""
        fresh = [value for value in bad if value not in self._known_bad]
        self._known_bad = frozenset(bad)
        for value in fresh[:_MAX_WARNINGS]:
            logger.warning(
                "Source %s: an entry holds no code and was skipped: %s",
                self.source,
                value,
                extra={"source": self.source, "entry": value},
            )
        if len(fresh) > _MAX_WARNINGS:
            logger.warning(
                "Source %s: %d more entries hold no code and were skipped",
                self.source,
                len(fresh) - _MAX_WARNINGS,
                extra={"source": self.source, "entries": len(fresh) - _MAX_WARNINGS},
            )
