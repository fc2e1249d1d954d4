"""`perkd history`: what was redeemed, what failed and why."""

from collections import Counter
from typing import Any

import click

from daemon.cli.failures import complain
from daemon.cli.output import line_width, print_json, print_line, print_text
from daemon.cli.session import Session, pass_session

MOST_SHOWN = 9_999
STYLES = {"redeemed": "green", "already": "cyan", "failed": "red", "pending": "yellow"}


@click.command()
@click.option("--code", default="", help="Only this code, in its exact spelling.")
@click.option("--player", default="", help="Only this player: GAME/FID, a fid, or a name.")
@click.option("--game", default="", help="Only this game.")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST_SHOWN),
    default=1000,
    show_default=True,
    help="So many at most, the newest.",
)
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@pass_session
def history(session: Session, *, code: str, player: str, game: str, limit: int, as_json: bool) -> None:
    """Show what was redeemed, what failed and why; the newest last."""
    query = {"code": code, "player": player, "game": game}
    # One more is asked for than is shown: then there are more.
    asked = session.ask("GET", "/api/history", query={**query, "limit": str(limit + 1)}).document
    found = asked[-limit:]  # newest last
    if len(asked) > limit:
        complain(f"(the newest {limit}; there are more: see --limit, --code, --player and --game)")
    if as_json:
        print_json(found)
    elif not found:
        print_line(
            "nothing was redeemed yet" if not any(query.values()) else "nothing of that kind was redeemed yet"
        )
    else:
        _print_table(found)


def _print_table(found: list[dict[str, Any]]) -> None:
    from rich.text import Text  # noqa: PLC0415

    from daemon.cli.tables import Cell, Column, draw_table  # noqa: PLC0415 - rich
    from daemon.cli.times import short_time  # noqa: PLC0415

    columns = [
        Column("last (UTC)"),
        Column("player"),
        Column("code", flexible=True),
        Column("outcome", flexible=True),
        Column("calls", right=True),
        Column("name", flexible=True),
    ]
    rows = [
        [
            Cell(short_time(row["last_at"])),
            Cell(f"{row['game']}/{row['fid']}"),
            Cell(row["code"]),
            Cell(_outcome(row), STYLES.get(row["outcome"], "")),
            Cell(str(row["attempts"])),
            Cell(row["name"]),
        ]
        for row in found
    ]
    counts = Counter(row["outcome"] for row in found)
    summary = ", ".join(f"{counts[outcome]} {outcome}" for outcome in STYLES if counts[outcome])
    print_text(Text.assemble(draw_table(columns, rows, line_width()), "\n\n", summary))


def _outcome(row: dict[str, Any]) -> str:
    """The outcome, with the reason where it does not say all."""
    explains = row["outcome"] in {"failed", "pending"} and row["status"]
    return f"{row['outcome']}: {row['status']}" if explains else str(row["outcome"])
