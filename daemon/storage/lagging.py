"""The mark beside a file that lags: MongoDB has changes which it has not.

It is a file of its own, so that a database that can't be written, or is damaged, can be marked as well.
"""

import logging
from pathlib import Path

from actors.ports import StoreUnavailable
from daemon.storage.conditions import translated
from daemon.storage.contents import FileRefused
from daemon.storage.files import sync_directory

logger = logging.getLogger(__name__)


def set_mark(database: Path, behind: bool) -> None:
    """Make the mark, or take it away, as well as the disk allows."""
    mark = _mark_of(database)
    try:
        if mark.exists() == behind:
            return
        if behind:
            mark.touch(mode=0o600)
        else:
            mark.unlink(missing_ok=True)
        sync_directory(mark.parent)  # or a power cut could undo it
    except OSError as error:
        logger.warning("%s can't be %s: %s", mark, "made" if behind else "removed", error.strerror)


def is_marked(database: Path) -> bool:
    """Whether the file lags. Raises `StoreUnavailable` where the disk does not say."""
    with translated(database):
        return _mark_of(database).exists()


def in_words(database: Path) -> str:
    """What a lagging file means for who wants to use it alone."""
    return (
        f"{database} lacks newer changes that MongoDB has: start perkd with MongoDB configured, which fills "
        "it, and try again; or choose this file's state for good: 'perkd storage keep file'"
    )


def refuse_lagging(database: Path) -> None:
    """Refuse a file whose state is not the newest one.

    Raises:
        FileRefused: it lags, or the disk does not say.
    """
    try:
        lags = is_marked(database)
    except StoreUnavailable as error:
        raise FileRefused(str(error)) from error
    if lags:
        raise FileRefused(in_words(database))


def _mark_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.behind")
