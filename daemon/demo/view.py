"""What the demo's screen shows, drawn with rich. Pure: values in, something to print out.

No frame has a right edge: terminals disagree about how wide some scripts and emoji are, and a line that
turns out wider than it was counted must not push anything out of place.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import cast

from attrs import frozen
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from daemon.demo.progress import CodeProgress, Progress
from daemon.demo.ticker import Line
from daemon.safe_text import neutralised

WIDEST = 100
MARGIN = 4
"""Columns left free at the end of a line, for characters wider than they were counted."""
_BESIDE_THE_BAR = 64
"""Columns of the table without the bar."""

Document = Mapping[str, object]


@frozen
class Look:
    """Everything the screen shows at one moment."""

    progress: Progress
    status: Document
    seconds: float
    """Since the demo began."""
    ask: str = ""
    """The command that asks this daemon from another terminal."""


def draw(look: Look, lines: Sequence[Line], width: int) -> RenderableType:
    """The screen, at most `width` columns wide; `lines` are the log's newest."""
    width = min(width, WIDEST) - MARGIN
    rule = Text("─" * width, "dim")
    return Group(
        _bounded(_title(look), width),
        rule,
        Text(),
        _codes_table(look.progress, max(8, min(30, width - _BESIDE_THE_BAR))),
        Text(),
        *(_bounded(line, width) for line in _lanes(look.status)),
        Text(),
        *(_bounded(_log_line(line), width) for line in lines),
        rule,
        *(_bounded(line, width) for line in _footer(look)),
    )


def height_without_log(look: Look) -> int:
    """Lines that the screen takes besides the log's."""
    codes = max(1, len(look.progress.codes))
    return 3 + (1 + codes) + 1 + len(_lanes(look.status)) + 1 + 1 + len(_footer(look))


def _bounded(line: Text, width: int) -> Text:
    line.no_wrap = True
    line.truncate(width, overflow="ellipsis")
    return line


def _title(look: Look) -> Text:
    health = str(look.status.get("health", "starting"))
    colour = {"healthy": "green", "degraded": "yellow"}.get(health, "red")
    progress = look.progress
    return Text.assemble(
        ("perkd demo", "bold"),
        f"   {look.seconds:3.0f} s   ",
        (f"● {health}", colour),
        f"   {progress.settled} of {progress.expected} player-code pairs settled",
    )


def _codes_table(progress: Progress, bar: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("code", min_width=12, no_wrap=True, max_width=16, overflow="ellipsis")
    table.add_column("game", no_wrap=True, max_width=8, overflow="ellipsis")
    table.add_column("", width=bar)
    for name, style in (
        ("done", "bold"),
        ("redeemed", "green"),
        ("already", "cyan"),
        ("failed", "red"),
        ("again", "yellow"),
    ):
        table.add_column(name, justify="right", style=style, no_wrap=True)
    for item in progress.codes:
        table.add_row(*_code_row(item, bar))
    if not progress.codes:
        table.add_row(Text("watching the sources …", style="dim"))
    return table


def _code_row(item: CodeProgress, bar: int) -> list[RenderableType]:
    ended = item.code.state != "live"
    counts = (item.redeemed, item.already, item.failed, item.waiting)
    return [
        Text(neutralised(item.code.code), style="strike dim" if ended else "bold"),
        Text(neutralised(item.code.game)),
        ProgressBar(total=max(1, item.players), completed=item.settled, width=bar),
        f"{item.settled}/{item.players}",
        *(str(count) if count else "·" for count in counts),
    ]


def _lanes(status: Document) -> list[Text]:
    giftcodes = cast("Mapping[str, object]", status.get("giftcodes", {}))
    rate = cast("Mapping[str, Mapping[str, object]]", giftcodes.get("rate", {}))
    return [_lane(game, lane) for game, lane in rate.items()]


def _lane(game: str, lane: Document) -> Text:
    period = cast("float", lane["period"])
    text = Text.assemble(
        (f"{game:<6}", "bold"), f"{lane['used']:>3} of {lane['limit']} calls in {period:.0f} s"
    )
    if lane["reason"]:
        text.append(f" · paused: {lane['reason']}", "yellow")
    if lane["in_flight"]:
        text.append(f" · {lane['in_flight']} in flight")
    if lane["waiting"]:
        text.append(f" · {lane['waiting']} waiting")
    return text


def _log_line(line: Line) -> Text:
    style = "red" if line.level >= logging.ERROR else "yellow" if line.level >= logging.WARNING else ""
    return Text.assemble((line.at, "dim"), "  ", (line.text, style))


def _footer(look: Look) -> list[Text]:
    if look.progress.done:
        first = Text("Every pair has an outcome. perkd watches on; Ctrl-C stops it in order.", "bold green")
    else:
        first = Text("A real daemon over real HTTP; only the games are simulated. Ctrl-C stops it.", "dim")
    return [first, *(Text(line, "dim") for line in look.ask.splitlines())]
