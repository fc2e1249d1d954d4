"""An account's session file: whoever has it has the account. One process at a time uses it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".session"


class SessionBusy(Exception):  # noqa: N818 - a condition that passes
    """Another process uses the session file. Two at once would cost the account its session."""


def session_path(configured: Path) -> Path:
    """The file itself: Telethon's names end in `.session`."""
    return configured if configured.name.endswith(SUFFIX) else configured.with_name(configured.name + SUFFIX)


@contextmanager
def hold_session(configured: Path) -> Iterator[Path]:
    """Have the file to oneself; it is made where it is not there, and closed to others.

    The lock is on a file beside it. The kernel lets go of it when the process ends, however it ends.

    Raises:
        SessionBusy: another process has it.
        OSError: it can't be made, or belongs to somebody else.
    """
    path = session_path(configured)
    _make_directory(path.parent)
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(lock, path)
        # SQLite gives its journal the same mode.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
        yield path
    finally:
        os.close(lock)


def _make_directory(path: Path) -> None:
    """Closed to others, as are all above it that are not there yet: perkd's `data_dir` may be among them."""
    for directory in (*reversed(path.parents), path):
        directory.mkdir(mode=0o700, exist_ok=True)


def _take(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode("ascii", "replace").strip()
        raise SessionBusy(f"{path} is in use by process {holder or 'unknown'}") from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode("ascii"), 0)
