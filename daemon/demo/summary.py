"""What came of the demo, with the simulator's own counts beside perkd's."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from actors.giftcodes.model import UNKNOWN_PREFIX
from daemon.demo.progress import Failure, Progress
from daemon.safe_text import neutralised

WORDS = {
    "WRONG_STATE": "the state number is wrong (or there is no such player)",
    "RECHARGE_MONEY_VIP": "the code wants a higher VIP level",
    "RECHARGE_MONEY": "the code wants a purchase",
    "LEVEL_TOO_LOW": "the player's level is too low",
    "EXPIRED": "the code has expired",
    "CDK_NOT_FOUND": "there is no such code",
    "USED": "the code's claim limit is reached",
    "TOO_FREQUENT": "the game throttled the player again and again",
}
"""What a status word means, for people."""


def summary(progress: Progress, stats: Mapping[str, object], seconds: float) -> RenderableType:
    """The last word: outcomes, who did not get a code and why, what the simulator counted."""
    redeemed = sum(code.redeemed for code in progress.codes)
    already = sum(code.already for code in progress.codes)
    failed = sum(code.failed for code in progress.codes)
    still_open = progress.expected - progress.settled
    head = Text.assemble(
        (f"{progress.settled} of {progress.expected} player-code pairs have an outcome", "bold"),
        f" after {seconds:.0f} s: ",
        (f"{redeemed} redeemed", "green"),
        ", ",
        (f"{already} had it already", "cyan"),
        ", ",
        (f"{failed} failed", "red"),
        f"; {still_open} not tried yet, or to be tried again: it was stopped." if still_open else ".",
    )
    counted = Text(
        f"The simulator counted {stats['requests']} requests: {stats['rate_limited']} refused for the rate, "
        f"{stats['max_in_flight']} in flight at most, {stats['double_redemptions']} redeemed twice."
    )
    failures: list[RenderableType] = [Text(), _failure_table(progress)] if progress.failures else []
    return Group(Text(), head, *failures, Text(), counted)


def _failure_table(progress: Progress) -> Table:
    table = Table(
        title="Who did not get it, and why",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    table.add_column("code", no_wrap=True)
    table.add_column("status", style="yellow", overflow="fold")
    table.add_column("what it means")
    table.add_column("players")
    for failure in progress.failures:
        status = Text(neutralised(failure.status))
        table.add_row(Text(failure.code), status, _words(failure.status), Text(_who(failure)))
    return table


def _who(failure: Failure) -> str:
    asked = neutralised(", ".join(dict.fromkeys(failure.names)))
    if not failure.untried:
        return asked
    return f"{asked}; {failure.untried} others were not asked any more"


def _words(status: str) -> str:
    if status.startswith(UNKNOWN_PREFIX):
        return "the game answered something unknown, three times"
    return WORDS.get(status, "given up after all attempts of its budget")
