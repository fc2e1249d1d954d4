"""What commands print: lines, JSON and tables, on a terminal, in a pipe, and when the pipe is closed."""

import json
import os
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""What JSON allows in a string, but a terminal may obey or an encoding refuse."""


def tolerate_encodings() -> None:
    """Where the terminal's encoding has no sign for a character, show its number instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def print_line(line: str) -> bool:
    """Print one line on stdout. It must be safe to show: see `daemon.safe_text`. Returns as `_print`."""
    return _print(lambda: click.echo(line))


def print_raw(text: str) -> bool:
    """Print text as it is, without a line end of its own. Returns as `_print`."""
    return _print(lambda: click.echo(text, nl=False))


def print_json(document: object, *, one_line: bool = False) -> bool:
    """Print a JSON document; of control characters and the like in its strings, the escapes."""
    in_ascii = sys.stdout.encoding.lower() not in {"utf-8", "utf8"}
    text = json.dumps(document, ensure_ascii=in_ascii, indent=None if one_line else 2)
    return print_line(_UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_text(text: "Text") -> bool:
    """Print styled lines: in colour on a terminal, plain in a pipe. Lines are never wrapped or cut here."""
    return _print(lambda: make_console().print(text, soft_wrap=True))


def _print(write: Callable[[], None]) -> bool:
    """Write to stdout. Returns False once nobody reads any more (`perkd history | head`).

    That is no error: what follows is written into nothing, and the command ends with its own exit code.
    """
    try:
        write()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def make_console() -> "Console":
    """The terminal. It takes text for text: no markup, no emoji names, no guessing of colours."""
    from rich.console import Console  # noqa: PLC0415 - only commands that draw need it

    class PatientConsole(Console):
        def on_broken_pipe(self) -> None:
            """Rich would exit with 1; `_print` knows better."""
            raise BrokenPipeError

    return PatientConsole(markup=False, emoji=False, highlight=False)


def line_width() -> int | None:
    """Columns to fit lines into; None in a pipe, where nothing must be cut off."""
    if sys.stdout.isatty():
        return make_console().width
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) > 0 else None
