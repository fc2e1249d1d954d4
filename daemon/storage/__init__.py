"""Where the state is kept: the SQLite adapter of the document store, and one in memory for tests."""

from daemon.storage.errors import SchemaTooNew, StoreBusy, StoreDamaged, Unreadable, Unstorable
from daemon.storage.memory import MemoryBackend, MemoryStore
from daemon.storage.sqlite import SQLiteBackend, SQLiteStore

__all__ = [
    "MemoryBackend",
    "MemoryStore",
    "SQLiteBackend",
    "SQLiteStore",
    "SchemaTooNew",
    "StoreBusy",
    "StoreDamaged",
    "Unreadable",
    "Unstorable",
]
