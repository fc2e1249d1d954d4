"""Who this perkd is to MongoDB's lease: an id that a restart on the same host and disk keeps."""

import os
import re
import socket
import uuid
from pathlib import Path

_ID = re.compile(r"[0-9a-f]{32}")


def holder_id(directory: Path) -> str:
    """The id in `directory`, made where there is none, and the host's name.

    A process that was killed leaves its lease behind; the next one, on the same disk and so behind the same
    file lock, goes on with it at once. The host's name is part of it because directories are copied. Where
    the disk takes no file the id is this process's own: then the lease is waited for.
    """
    return f"{_read_or_make(directory / 'perkd.holder')}@{socket.gethostname()}"


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
