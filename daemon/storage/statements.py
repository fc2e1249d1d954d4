"""The SQL of one collection, made once per class.

Names of tables and columns come from the record classes, never from data; values are always bound.
"""

import functools
from collections.abc import Iterable

from attrs import frozen

from actors.giftcodes.model import Record
from daemon.storage.schema import index_name


@frozen
class Statements:
    """What is asked of one collection's table."""

    table: str
    put: str
    """Binds key, doc, and the indexed attributes in their order."""
    get: str
    delete: str
    page: str
    """Binds the key after which it begins, and the limit."""

    def select(self, names: Iterable[str], narrowest: str | None) -> str:
        """Keys and documents, ordered by key, where these columns have the values bound."""
        return f"SELECT key, doc FROM {self._where(names, narrowest)} ORDER BY key"  # noqa: S608 - see above

    def count(self, names: Iterable[str], narrowest: str | None) -> str:
        """How many documents have the values bound in these columns."""
        return f"SELECT count(*) FROM {self._where(names, narrowest)}"  # noqa: S608 - see above

    def probe(self, name: str) -> str:
        """How many documents have one value in one column, counted up to a limit; binds value and limit."""
        return f"SELECT count(*) FROM (SELECT 1 FROM {self._where([name], name)} LIMIT ?)"  # noqa: S608 - see above

    def _where(self, names: Iterable[str], narrowest: str | None) -> str:
        hint = f' INDEXED BY "{index_name(self.table, narrowest)}"' if narrowest else ""
        conditions = " AND ".join(f'"{name}" IS ?' for name in names)
        return f'"{self.table}"{hint}' + (f" WHERE {conditions}" if conditions else "")


def statements(type_: type[Record]) -> Statements:
    """The statements for a class's collection."""
    return _statements(type_.collection, type_.indexed)


@functools.cache
def _statements(table: str, indexed: tuple[str, ...]) -> Statements:
    columns = ["key", "doc", *indexed]
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" for _ in columns)
    updates = ", ".join(f'"{column}" = excluded."{column}"' for column in columns[1:])
    return Statements(
        table=table,
        put=f'INSERT INTO "{table}" ({names}) VALUES ({marks}) ON CONFLICT (key) DO UPDATE SET {updates}',  # noqa: S608 - see above
        get=f'SELECT doc FROM "{table}" WHERE key = ?',  # noqa: S608 - see above
        delete=f'DELETE FROM "{table}" WHERE key = ?',  # noqa: S608 - see above
        page=f'SELECT key, doc FROM "{table}" WHERE key > ? ORDER BY key LIMIT ?',  # noqa: S608 - see above
    )
