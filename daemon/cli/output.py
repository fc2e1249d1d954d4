"""What commands print: lines, JSON and tables, on a terminal, in a pipe, and when the pipe is closed."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""What JSON allows in a string, but a terminal may obey or an encoding refuse."""


@contextmanager
def pipe_may_close() -> Iterator[None]:
    """Nobody reads any more (`perkd history | head`): say no more, and go on to the exit code."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tolerate_encodings() -> None:
    """Where the terminal's encoding has no sign for a character, show its number instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def print_line(line: str) -> None:
    """Print one line on stdout. It must be safe to show: see `daemon.safe_text`."""
    with pipe_may_close():
        click.echo(line)


def print_raw(text: str) -> None:
    """Print text as it is, without a line end of its own."""
    with pipe_may_close():
        click.echo(text, nl=False)


def print_json(document: object, *, one_line: bool = False) -> None:
    """Print a JSON document; of control characters and the like in its strings, the escapes."""
    text = json.dumps(document, ensure_ascii=False, indent=None if one_line else 2)
    print_line(_UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_text(text: "Text") -> None:
    """Print styled lines: in colour on a terminal, plain in a pipe. Lines are never wrapped or cut here."""
    with pipe_may_close():
        make_console().print(text, soft_wrap=True)


def make_console() -> "Console":
    """The terminal. It takes text for text: no markup, no emoji names, no guessing of colours."""
    from rich.console import Console  # noqa: PLC0415 - only commands that draw need it

    class PatientConsole(Console):
        def on_broken_pipe(self) -> None:
            """Rich would exit with 1; `pipe_may_close` knows better."""
            raise BrokenPipeError

    return PatientConsole(markup=False, emoji=False, highlight=False)


def line_width() -> int | None:
    """Columns to fit lines into; None in a pipe, where nothing must be cut off."""
    if sys.stdout.isatty():
        return make_console().width
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) > 0 else None
