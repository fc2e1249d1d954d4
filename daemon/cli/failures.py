"""How commands end, and what they say when they fail. The exit codes are documented in docs/commands.md."""

import sys
from enum import IntEnum
from typing import IO, Any

import click

from daemon.safe_text import neutralised


class ExitCode(IntEnum):
    """Exit codes of all commands but `status`."""

    DONE = 0
    FAILED = 1
    BAD_USAGE = 2
    NOT_RUNNING = 3


class CommandFailed(click.ClickException):
    """Ends the command with a message on stderr and an exit code. The message may have several lines."""

    def __init__(self, message: str, exit_code: int = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance too

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message, with nothing in it that could drive the terminal."""
        complain(self.message, file)


def complain(text: str, file: IO[Any] | None = None) -> None:
    """Print lines on stderr."""
    for line in text.split("\n"):
        click.echo(neutralised(line), file=file or sys.stderr)
