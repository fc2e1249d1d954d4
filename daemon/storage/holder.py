"""Who this perkd is to leases: an id that a restart on the same host and disk keeps, and a copy does not."""

import os
import re
import socket
import uuid
from pathlib import Path

_ID = re.compile(r"[0-9a-f]{32}")


def holder_id(directory: Path) -> str:
    """The id in `directory`, made where there is none, where its file is on the disk, and the host's name.

    A process that was killed leaves its lease behind; the next one, on the same disk and so behind the same
    file lock, goes on with it at once. Directories are copied, also on one host: so the file's place and the
    host's name are part of it. Where a file system has another number after the host or its container was
    restarted, or where the disk takes no file, it is nobody's id yet: then the lease is waited for.
    """
    path = directory / "perkd.holder"
    return f"{_read_or_make(path)}{_place(path)}@{socket.gethostname()}"


def _place(path: Path) -> str:
    """The numbers of the file system and of the file there: a copy has others."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"-{found.st_dev:x}-{found.st_ino:x}"


def _read_or_make(path: Path) -> str:
    try:
        found = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        found = ""
    if _ID.fullmatch(found):
        return found
    made = uuid.uuid4().hex
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(made + "\n")
    except OSError:
        pass  # told by the lease being waited for
    return made
