"""What the kinds that are asked again and again have in common: fetch, parse, read each entry."""

from collections.abc import Callable, Sequence

from attrs import frozen

from actors.ports import FoundCode
from daemon.sources.body import Body
from daemon.sources.http import Fetcher
from daemon.sources.listing import Entry, Listing


@frozen
class Format:
    """One kind of listing: where its entries are, and how one is read. Both functions are pure."""

    accept: str
    """Media types to ask for."""
    entries: Callable[[Body], Sequence[object]]
    """The raw entries of a body. Raises `SourceError` when it has another shape."""
    read: Callable[[object], Entry | None]
    """The code in an entry; None for a bad entry."""


@frozen
class PolledSource:
    """A `Source` over HTTP."""

    _format: Format
    _fetcher: Fetcher
    _listing: Listing

    async def fetch(self) -> Sequence[FoundCode] | None:
        """All codes listed now; None when nothing changed since the last `accept`. Raises `SourceError`."""
        body = await self._fetcher.fetch()
        if body is None:
            return None
        return self._listing.codes(self._format.entries(body), self._format.read)

    def accept(self) -> None:
        """The last fetch's codes are recorded: the next request may be conditional on it."""
        self._fetcher.accept()
