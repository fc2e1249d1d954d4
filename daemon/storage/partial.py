"""Files that appear whole, or not at all."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from daemon.storage.contents import FileRefused
from daemon.storage.files import sync_directory

SUFFIX = ".partial"


class Partial:
    """A file beside its target, which takes the target's name when it is complete.

    Leaving the `with` block without `keep` removes it. What `kill -9` leaves behind is replaced by the next
    one for the same target. Mode 0600.
    """

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(target.name + SUFFIX)
        self._target = target
        self._descriptor = -1
        self._is_kept = False

    def __enter__(self) -> Self:
        """Raises `FileRefused` where the file can't be made, or somebody else is writing it."""
        with refused(self.path):
            while self._descriptor < 0:
                self._take()
            os.fchmod(self._descriptor, 0o600)
            os.ftruncate(self._descriptor, 0)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was not kept."""
        with contextlib.suppress(OSError):
            if not self._is_kept:
                self.path.unlink()
        os.close(self._descriptor)
        self._descriptor = -1

    def write(self, data: bytes) -> None:
        """Append `data`."""
        with refused(self._target):
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]

    def sync(self) -> None:
        """Have all of it on the disk."""
        with refused(self._target):
            os.fsync(self._descriptor)

    def keep(self, *, replace: bool) -> None:
        """Give the file its name, durably. Raises `FileRefused` where the name is taken meanwhile."""
        self.sync()
        if not replace and os.path.lexists(self._target):
            raise exists(self._target)
        with refused(self._target):
            self.path.replace(self._target)
            self._is_kept = True
            _sync_name(self._target.parent)

    def _take(self) -> None:
        """Lock the file, and see that it still has the name: its last owner may have renamed it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, 0o600)
        try:
            _lock(descriptor, self.path)
            if not _has_name(descriptor, self.path):
                os.close(descriptor)
                return
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor


def _sync_name(directory: Path) -> None:
    try:
        sync_directory(directory)
    except OSError as error:
        if error.errno != errno.EINVAL:  # network file systems have no such thing
            raise


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileRefused(f"{path} is being written by another perkd: wait until it is done") from None
    except OSError as error:
        # A file system without locks: nobody else can be kept away.
        if error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}:
            raise


def _has_name(descriptor: int, path: Path) -> bool:
    try:
        named = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))


def check_target(target: Path, database: Path, *, replace: bool) -> None:
    """Refuse a name that must not be written, before anything is done.

    Raises:
        FileRefused: its directory is missing, it is no file, it exists, or belongs to the database.
    """
    with refused(target):
        if not target.parent.is_dir():
            raise FileRefused(f"{target}: there is no directory {target.parent}: make it first")
        own = [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm", ".lock"))]
        if any(_is_same(target, file) for file in own):
            raise FileRefused(f"{target} belongs to the store itself: name another file")
        if not os.path.lexists(target):
            return
        if not target.is_symlink() and not target.is_file():
            raise FileRefused(f"{target} is no file: name another one")
        if not replace:
            raise exists(target)


def _is_same(target: Path, file: Path) -> bool:
    if target.exists() and file.exists():
        return target.samefile(file)
    return target.resolve() == file.resolve()


def exists(target: Path) -> FileRefused:
    """The error for a name that is taken."""
    return FileRefused(f"{target} is there already: name another file, or replace it with --force")


@contextlib.contextmanager
def refused(path: Path) -> Iterator[None]:
    """Raise what the system refuses as `FileRefused`, in its words."""
    try:
        yield
    except OSError as error:
        raise FileRefused(f"{path}: {(error.strerror or str(error)).lower()}{_way_out(error)}") from error


def _way_out(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return ": make room, or write it elsewhere; nothing of it was left"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return ": run this as the user that may write there, or write it elsewhere"
        case _:
            return ""
