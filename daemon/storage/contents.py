"""What a store's file holds, read from beside its writer: without the lock, and without a change."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from actors.giftcodes.model import Record
from actors.ports import Position
from actors.records import RECORDS
from daemon.storage import journal
from daemon.storage.schema import MIGRATIONS, Migration, version

Tick = Callable[[], None]
"""Called now and then during long work; what it raises ends the work."""

_BETWEEN_TICKS = 50_000
"""Steps of SQLite's machine, some milliseconds."""


class FileRefused(Exception):  # noqa: N818 - an answer to the operator
    """A file that can't be read, written or taken over; the text names it and the way out."""


@frozen
class Contents:
    """What is in a file."""

    schema: int
    records: Mapping[str, int]
    """Collection → records."""
    position: Position
    """The last batch."""
    at: float | None
    """Unix seconds of the last batch; None where the journal is empty."""
    size: int
    """Bytes."""

    @property
    def total(self) -> int:
        """Records of all collections."""
        return sum(self.records.values())

    def __str__(self) -> str:
        when = "" if self.at is None else f" ({stamp(self.at)})"
        where = f"up to {place(self.position)}{when}" if self.position.sequence else "no batch yet"
        return f"{counted(self.total, 'record')}, {where}, {in_bytes(self.size)}"


@contextlib.contextmanager
def open_beside(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection in one transaction: what it reads is the state of one moment.

    The writer is not held up; only the -wal file can't be emptied as long as this is open.
    """
    with contextlib.closing(connect_beside(path)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the moment
        yield connection


def connect_beside(path: Path) -> sqlite3.Connection:
    """A read-only connection, also where neither the file nor its directory can be written."""
    address = path.absolute().as_uri() + "?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        wal = path.with_name(f"{path.name}-wal")
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or not path.exists() or wal.exists():
            raise
        # On a disk that can't be written, SQLite wants to hear that nobody else can write there either.
        return sqlite3.connect(
            f"{address}&immutable=1", uri=True, isolation_level=None, check_same_thread=False
        )
    except BaseException:
        connection.close()
        raise
    return connection


def require_known(
    connection: sqlite3.Connection, path: Path, migrations: tuple[Migration, ...] = MIGRATIONS
) -> None:
    """Refuse what is no store of perkd's, or one of a newer perkd.

    Raises:
        FileRefused: with what it is.
    """
    found = version(connection)
    if found > len(migrations):
        raise FileRefused(
            f"{path} has schema version {found}, this perkd knows {len(migrations)} at most: "
            "use the newer perkd that wrote it"
        )
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if found < 1 or not {"meta", "journal"} <= tables:
        raise FileRefused(f"{path} is a database, but none of perkd's: name another file")


def stored_types(connection: sqlite3.Connection) -> list[type[Record]]:
    """The classes whose collections the file has: one of an older schema lacks the newest."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return sorted((type_ for type_ in RECORDS if type_.collection in tables), key=lambda t: t.collection)


def count_records(connection: sqlite3.Connection) -> dict[str, int]:
    """Collection → how many records are in it."""
    return {type_.collection: _count(connection, type_) for type_ in stored_types(connection)}


def _count(connection: sqlite3.Connection, type_: type[Record]) -> int:
    return int(connection.execute(f'SELECT count(*) FROM "{type_.collection}"').fetchone()[0])  # noqa: S608 - a class's name


def read_contents(connection: sqlite3.Connection) -> Contents:
    """What is in the file. It must be a store of a known version."""
    at = connection.execute("SELECT at FROM journal ORDER BY term DESC, sequence DESC LIMIT 1").fetchone()
    pages, page_size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _SIZES)
    return Contents(
        schema=version(connection),
        records=count_records(connection),
        position=journal.last_batch(connection),
        at=None if at is None else at[0],
        size=pages * page_size,
    )


_SIZES = ("page_count", "page_size")


def integrity_findings(connection: sqlite3.Connection, tick: Tick = lambda: None) -> list[str]:
    """What `PRAGMA integrity_check` finds, the first few; empty where all is well."""
    raised: list[BaseException] = []

    def on_progress() -> int:
        try:
            tick()
        except BaseException as error:  # noqa: BLE001 - carried past SQLite, and raised below
            raised.append(error)
        return len(raised)

    connection.set_progress_handler(on_progress, _BETWEEN_TICKS)
    try:
        rows = connection.execute("PRAGMA integrity_check(10)").fetchall()
    except sqlite3.OperationalError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return [str(row[0]) for row in rows if row[0] != "ok"]


# --- in words -----------------------------------------------------------------------------------


def stamp(at: float) -> str:
    """Unix seconds as `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def compact_stamp(at: float) -> str:
    """Unix seconds as part of a file's name: `20260131T120000Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


def place(position: Position) -> str:
    """A place in the change sequence."""
    return f"batch {position.sequence:,} of term {position.term:,}"


def counted(number: int, what: str) -> str:
    """`1 record`, `1,234 records`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def in_bytes(number: int) -> str:
    """`512 bytes`, `1.2 MiB`."""
    size, unit = float(number), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < _KILO:
            break
        size, unit = size / _KILO, larger
    return f"{number:,} bytes" if unit == "bytes" else f"{size:.1f} {unit}"


_KILO = 1024
