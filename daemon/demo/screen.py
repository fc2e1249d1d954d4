"""The demo's live view and summary, drawn with rich; plain lines where there is no terminal."""

import logging
from collections import deque
from collections.abc import Mapping
from typing import cast

from attrs import define, field
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from daemon.demo.progress import CodeProgress, Progress

WIDTH = 96
_LINES = 12

WORDS = {
    "WRONG_STATE": "the state number is wrong (or there is no such player)",
    "RECHARGE_MONEY_VIP": "the code wants a higher VIP level",
    "RECHARGE_MONEY": "the code wants a purchase",
    "LEVEL_TOO_LOW": "the player's level is too low",
    "EXPIRED": "the code has expired (two players were asked, nobody else)",
    "CDK_NOT_FOUND": "there is no such code",
    "USED": "the code's claim limit is reached",
    "TOO_FREQUENT": "the game throttled the player again and again",
}
"""What a status word means, for people."""


class Ticker(logging.Handler):
    """Keeps the newest log lines for the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[tuple[int, str]] = deque(maxlen=_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(
            (record.levelno, record.getMessage().splitlines()[0] if record.getMessage() else "")
        )


@define
class Screen:
    """What the demo shows. `live` is False in a pipe."""

    console: Console
    live: bool
    ticker: Ticker = field(factory=Ticker)
    _live: Live | None = field(default=None, init=False)
    _last_plain: int = field(default=-1, init=False)

    def __attrs_post_init__(self) -> None:
        if self.live:
            self._live = Live(console=self.console, refresh_per_second=8, transient=True)

    def open(self) -> None:
        """Begin to draw."""
        if self._live is not None:
            self._live.start()

    def close(self) -> None:
        """Stop drawing; the terminal is as it was."""
        if self._live is not None:
            self._live.stop()

    def show(self, progress: Progress, status: Mapping[str, object], seconds: float) -> None:
        """Draw the present state; in a pipe a line whenever something has changed."""
        if self._live is not None:
            self._live.update(self._draw(progress, status, seconds))
        elif progress.settled != self._last_plain:
            self._last_plain = progress.settled
            self.console.print(f"-- {progress.settled} of {progress.expected} pairs have an outcome")

    def _draw(self, progress: Progress, status: Mapping[str, object], seconds: float) -> RenderableType:
        title = Text.assemble(("perkd demo", "bold"), f"  {seconds:3.0f} s  ", _health(status))
        parts = Group(_codes_table(progress), Text(), _rate_line(status), Text(), _log_lines(self.ticker))
        footer = Text("Ctrl-C stops it in order", style="dim")
        return Panel(
            parts, title=title, subtitle=footer, width=min(WIDTH, self.console.width), padding=(1, 2)
        )


def _health(status: Mapping[str, object]) -> tuple[str, str]:
    health = str(status.get("health", "starting"))
    return f"● {health}", {"healthy": "green", "degraded": "yellow"}.get(health, "red")


def _codes_table(progress: Progress) -> Table:
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("code", no_wrap=True)
    table.add_column("game")
    table.add_column("", width=24)
    for name, style in (
        ("done", "bold"),
        ("✅", "green"),
        ("already", "cyan"),
        ("❌", "red"),
        ("again", "yellow"),
    ):
        table.add_column(name, justify="right", style=style, no_wrap=True)
    for item in progress.codes:
        table.add_row(*_code_row(item))
    if not progress.codes:
        table.add_row(Text("watching the sources …", style="dim"), *[""] * 7)
    return table


def _code_row(item: CodeProgress) -> list[RenderableType]:
    ended = item.code.state != "live"
    name = Text(item.code.code, style="strike dim" if ended else "bold")
    bar = ProgressBar(total=max(1, item.players), completed=item.settled, width=24)
    counts = (item.redeemed, item.already, item.failed, item.waiting)
    return [
        name,
        item.code.game,
        bar,
        f"{item.settled}/{item.players}",
        *(str(count) if count else "·" for count in counts),
    ]


def _rate_line(status: Mapping[str, object]) -> Text:
    giftcodes = cast("Mapping[str, object]", status.get("giftcodes", {}))
    rate = cast("Mapping[str, Mapping[str, object]]", giftcodes.get("rate", {}))
    text = Text("budget   ", style="dim")
    for game, lane in rate.items():
        used = f"{lane['used']}/{lane['limit']} calls in {lane['period']:.0f} s"
        text.append(f"{game} ", style="bold")
        text.append(f"{used}, {lane['waiting']} waiting, {lane['in_flight']} in flight   ", style="default")
    return text


def _log_lines(ticker: Ticker) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    for level, line in ticker.lines:
        style = "yellow" if level >= logging.WARNING else "default"
        text.append(line + "\n", style=style)
    for _ in range(_LINES - len(ticker.lines)):
        text.append("\n")
    return text


def summary(progress: Progress, stats: Mapping[str, object], seconds: float) -> RenderableType:
    """What came of it all, with the simulator's own counts beside ours."""
    redeemed = sum(code.redeemed for code in progress.codes)
    already = sum(code.already for code in progress.codes)
    failed = sum(code.failed for code in progress.codes)
    head = Text.assemble(
        (f"{progress.settled} of {progress.expected} player-code pairs have an outcome", "bold"),
        f" after {seconds:.0f} s: ",
        (f"{redeemed} redeemed", "green"),
        ", ",
        (f"{already} had it already", "cyan"),
        ", ",
        (f"{failed} failed", "red"),
        ".",
    )
    counted = Text(
        f"The simulator counted {stats['requests']} requests, {stats['rate_limited']} refused for the rate, "
        f"{stats['max_in_flight']} in flight at most, {stats['double_redemptions']} redeemed twice."
    )
    return Group(Text(), head, Text(), _failure_table(progress), Text(), counted)


def _failure_table(progress: Progress) -> Table:
    table = Table(title="Who did not get it, and why", title_justify="left", box=None, pad_edge=False)
    table.add_column("status", style="yellow", no_wrap=True)
    table.add_column("what it means")
    table.add_column("players")
    for status, names in progress.failures.items():
        words = WORDS.get(status, "the game answered something unknown; given up after three attempts")
        table.add_row(status, words, Text(", ".join(dict.fromkeys(names))))
    return table
