"""A full copy takes the place of the file, which is set aside.

Ended at any moment, one of the two is whole and has the name: the old one keeps it as a second name until
the new one, which is on the disk by then, is renamed to it.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence

from actors.history import Document, History
from actors.ports import StoreUnavailable
from daemon.storage.conditions import translated
from daemon.storage.contents import FileRefused
from daemon.storage.database import Database
from daemon.storage.errors import StoreDamaged
from daemon.storage.files import sync_directory
from daemon.storage.filling import Filling
from daemon.storage.schema import Migration
from daemon.storage.second_name import set_aside
from daemon.storage.terms import read_history


class Replacement:
    """The file that is being filled for a database, if there is one."""

    def __init__(
        self, database: Database, migrations: Sequence[Migration], clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._path = database.path
        self._migrations = migrations
        self._clock = clock
        self._filling: Filling | None = None

    def begin(self) -> None:
        """Begin a new file; one that was begun before is dropped."""
        self.drop()
        self._database.take()
        with self._translated():
            self._filling = Filling(self._path, self._migrations)

    def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """Write documents into it."""
        with self._translated():
            self._begun.copy(collection, documents)

    def end(self, history: History) -> str | None:
        """Put it in the place of the database, which is open on it afterwards.

        Returns:
            What the old one is called now; None where there was none, or nothing in it.
        """
        filling = self._begun
        with self._translated():
            filling.complete(history)
            self._filling = None
            is_empty = self._is_empty()
            self._database.disconnect()
            aside = set_aside(self._path, self._clock(), leave=True) if self._path.exists() else None
            filling.path.replace(self._path)
            sync_directory(self._path.parent)
            self._database.connect()
            if aside is not None and is_empty:
                aside.unlink()
        return None if aside is None or is_empty else str(aside)

    def drop(self) -> None:
        """Give up what was begun. The file is made anew by the next one."""
        filling, self._filling = self._filling, None
        if filling is not None:
            filling.close()

    def set_aside(self) -> str:
        """Rename the database, which is closed, for good; return its new name, "" where there is none."""
        self._database.take()
        try:
            with self._translated():
                return str(set_aside(self._path, self._clock())) if self._path.exists() else ""
        finally:
            self._database.close()

    @property
    def _begun(self) -> Filling:
        if self._filling is None:
            raise RuntimeError(f"{self._path}: no copy was begun")
        return self._filling

    def _is_empty(self) -> bool:
        """Whether the database holds nothing worth keeping."""
        if not self._database.is_open:
            return False
        try:
            return read_history(self._database.connection).empty
        except sqlite3.DatabaseError:
            return False

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translated(self._path):
                yield
        except (StoreDamaged, FileRefused) as error:
            raise StoreUnavailable(str(error)) from error
