"""The demo's screen: the whole terminal while it runs; plain lines where there is no terminal."""

from attrs import define, field
from rich.console import Console

from daemon.demo.ticker import Ticker
from daemon.demo.view import Look, draw, height_without_log

# rich's own live display counts columns to find its way back, and pads each line to the edge. Terminals
# disagree about the width of some scripts and emoji, so that it would draw over itself.
_CUT_LONG_LINES, _WRAP_LONG_LINES = "\x1b[?7l", "\x1b[?7h"
_HOME, _END_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K\r\n", "\x1b[J"


@define
class Screen:
    """What the demo shows. `live` is False in a pipe."""

    console: Console
    live: bool
    ticker: Ticker = field(factory=Ticker)
    _last_plain: int = field(default=-1, init=False)

    def open(self) -> None:
        """Take the terminal's other screen: what was there before comes back at the end."""
        if self.live:
            self.console.set_alt_screen(True)
            self.console.show_cursor(False)
            self._write(_CUT_LONG_LINES)

    def close(self) -> None:
        """The terminal is as it was. Closing it twice does no harm."""
        if self.live:
            self._write(_WRAP_LONG_LINES)
            self.console.show_cursor(True)
            self.console.set_alt_screen(False)

    def show(self, look: Look) -> None:
        """Draw the present state; in a pipe a line whenever something has changed."""
        if self.live:
            self._draw(look)
        elif look.progress.settled != self._last_plain:
            self._last_plain = look.progress.settled
            self.console.print(
                f"-- {look.progress.settled} of {look.progress.expected} pairs have an outcome"
            )

    def _draw(self, look: Look) -> None:
        width, height = self.console.size
        lines = self.ticker.newest(height - height_without_log(look) - 1)
        with self.console.capture() as drawn:
            self.console.print(draw(look, lines, width))
        rows = drawn.get().splitlines()[: height - 1]
        self._write(_HOME + "".join(row + _END_LINE for row in rows) + _CLEAR_BELOW)

    def _write(self, text: str) -> None:
        self.console.file.write(text)
        self.console.file.flush()
