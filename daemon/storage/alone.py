"""The file as the only state: for a perkd that runs without MongoDB."""

from collections.abc import Sequence

from actors.ports import Change, Position, StoreUnavailable
from daemon.storage.lagging import in_words
from daemon.storage.sqlite import SQLiteBackend


class LoneBackend(SQLiteBackend):
    """A `SQLiteBackend` whose first batch ends an operator's word that this state replaces MongoDB's.

    That word was about the MongoDB of its day. Were it to count for ever, it would one day delete what is in
    a database that was configured much later. Nor may it end before the first batch: MongoDB would then fill
    the file, which only has what it has long had. With a batch that MongoDB does not know, a person is asked.
    """

    _leads = False

    def open(self) -> Position:
        """See `Backend.open`. Raises `StoreUnavailable` also for a file that lags."""
        if self.is_marked_behind():
            raise StoreUnavailable(in_words(self.path))
        position = super().open()
        self._leads = self.history().leads
        return position

    def commit(self, changes: Sequence[Change]) -> Position:
        """See `Backend.commit`."""
        position = super().commit(changes)
        if self._leads and changes:
            self.clear_lead()
            self._leads = False
        return position
