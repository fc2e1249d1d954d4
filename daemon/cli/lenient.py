"""Where the daemon listens, out of a configuration file that has faults. Nothing here raises."""

import re
import tomllib
from pathlib import Path
from typing import Any

DEFAULT_SOCKET = "var/perkd.sock"
"""As the schema has it; a test keeps the two equal."""

_LARGEST = 1 << 20
_SECTION = re.compile(r"\s*\[([^\[\]]*)\]")


def socket_written(path: Path) -> Path:
    """`[status] socket` of the file, relative to it; the default where that can't be made out."""
    socket = _section(_text(path), "status").get("socket")
    if not isinstance(socket, str) or not socket or "\0" in socket:
        socket = DEFAULT_SOCKET
    return path.absolute().parent / socket


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return ""


def _section(text: str, name: str) -> dict[str, Any]:
    document = _parsed(text)
    if document is None:
        return _section_by_lines(text, name)
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _section_by_lines(text: str, name: str) -> dict[str, Any]:
    """The keys of a section of a file that is no TOML as a whole: each line that is, counts."""
    found: dict[str, Any] = {}
    here = ""
    for line in text.splitlines():
        if heading := _SECTION.match(line):
            here = heading[1].strip()
        elif here == name:
            found.update(_parsed(line) or {})
    return found


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
