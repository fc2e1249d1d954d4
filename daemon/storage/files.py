"""The files around a database: a private directory, private files, and the lock of the one writer."""

import contextlib
import errno
import fcntl
import os
import subprocess
from pathlib import Path

from daemon.storage.errors import StoreBusy


def make_directory(directory: Path) -> None:
    """Create a directory of mode 0700 where there is none. One that exists keeps its mode."""
    if not directory.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_private(path: Path) -> None:
    """Create `path` as an empty file of mode 0600, in a directory of mode 0700, where they don't exist.

    What exists keeps its mode: somebody chose it.
    """
    directory = path.parent
    make_directory(directory)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    os.close(descriptor)
    sync_directory(directory)


def sync_directory(directory: Path) -> None:
    """Make the new name itself durable, or a power cut could take the file with all its commits."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Wait until what was written to the file is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_ahead(path: Path, most: int) -> None:
    """Read the file's beginning in one go, so that reading it in any order afterwards finds it in memory.

    Another process does it: closing a file drops every lock that this one has on it, SQLite's too, and the
    next to open and close the database would then delete its newest commits. Without such a program the
    check is slower, no more.
    """
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(  # noqa: S603 - no shell, and nobody else's words
            ["head", "-c", str(most), "--", str(path.absolute())],  # noqa: S607 - wherever it is
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_READ_AHEAD_WITHIN,
            check=False,
        )


_READ_AHEAD_WITHIN = 30.0
"""Seconds after which a slow disk is no longer read ahead."""


class WriterLock:
    """`flock` on a file beside the database: one writer per database, among all processes.

    The kernel lets go of it when the process ends, however it ends. The file itself stays: removing it
    would let two processes lock two different files of the same name.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(database.name + ".lock")
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this one has it."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock at once; held already, nothing happens.

        Raises:
            StoreBusy: another process (or another backend in this one) has it.
        """
        if self._descriptor is not None:
            return
        descriptor, writable = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StoreBusy(
                f"{self._database} is in use by another perkd (process {holder or 'unknown'}): "
                "stop that one first, or use another data_dir"
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        if writable:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def _open(self) -> tuple[int, bool]:
        """The lock's file, and whether it can be written: where the disk can't, one that is there will do."""
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), True
        except OSError as error:
            if error.errno not in {errno.EROFS, errno.EACCES} or not self._path.exists():
                raise
        return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC), False

    def release(self) -> None:
        """Let go; nothing happens where it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
