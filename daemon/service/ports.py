"""What the operations are given."""

from collections.abc import Callable, Mapping

from attrs import frozen

from actors.ports import Change, Clock, Store


def _nobody(_collections: frozenset[str]) -> None:
    """Nobody is told: no daemon runs."""


@frozen
class Service:
    """The store and whom to tell.

    Attributes:
        store: the records.
        clock: the time that records are dated with.
        games: asked each time for the configured games: name → protocol, `v1` or `v2`.
        on_change: told the collections that were changed, after the commit: `players`,
            `codes`. It must neither block nor raise; the running daemon tells its campaign.
        retry_code: asks the campaign to let one player try an ended code (game, code); None where no
            daemon runs that could.
    """

    store: Store
    clock: Clock
    games: Callable[[], Mapping[str, str]]
    on_change: Callable[[frozenset[str]], None] = _nobody
    retry_code: Callable[[str, str], None] | None = None

    async def commit(self, collection: str, *changes: Change) -> None:
        """Commit, and tell of it. A commit that failed is told of too, since it may have been made."""
        try:
            await self.store.commit(*changes)
        finally:
            self.on_change(frozenset({collection}))
