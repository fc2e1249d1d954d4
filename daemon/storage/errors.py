"""What can be wrong with a store, beyond being unavailable for a while."""

from actors.storage import Refusal
from actors.stores import LocalDamaged, LocalHeld


class StoreBusy(LocalHeld):
    """Another process is the writer of this file. It passes when that process ends."""


class StoreDamaged(LocalDamaged):
    """The file is no database, or is corrupt. Nothing was changed; a person, or the replica, has to help."""


class SchemaTooNew(Exception):  # noqa: N818 - a state of the file
    """A newer perkd wrote the file. Nothing was changed."""


class Unstorable(Refusal):
    """A record or a query that no store could hold or answer; the text names it."""


class Unreadable(Refusal):
    """A stored document that does not fit its class; the text names collection, key and field."""


class JournalPruned(Refusal):
    """The change sequence no longer reaches back as far as was asked."""
