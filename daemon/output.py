"""Where tables for people go: as wide as the terminal, and in a pipe as wide as they are."""

import sys

from rich.console import Console

_UNFOLDED = 400
"""Columns in a pipe: more than any line has, so that nothing is folded where no window is."""


def plain_console() -> Console:
    """A console on standard output that colours no numbers by itself, and folds nothing in a pipe."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _UNFOLDED)
