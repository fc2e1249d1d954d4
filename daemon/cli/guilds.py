"""`perkd guilds`: who codes are announced to, and where beside Discord."""

from typing import Any

import click

from daemon.cli.output import line_width, print_json, print_line, print_text
from daemon.cli.session import Session, pass_session

BEGINNING = "1970-01-01T00:00:00Z"
"""`since` of a channel that is owed every code."""


@click.group()
def guilds() -> None:
    """List guilds and channels; set up plugged-in boards."""


@guilds.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List guilds and their channels, the highest priority first."""
    found = session.ask("GET", "/api/guilds").document
    if as_json:
        print_json(found)
    else:
        _print_table(found)


@guilds.command("setchannel")
@click.argument("guild")
@click.argument("channel")
@click.option("--name", default="", help="What the guild is called.")
@click.option("--game", "games", multiple=True, help="Only codes of this game; may be given several times.")
@pass_session
def setchannel(session: Session, guild: str, channel: str, name: str, games: tuple[str, ...]) -> None:
    """Post codes to CHANNEL of GUILD, written BOARD:NAME, from now on."""
    body = {"guild": guild, "channel": channel, "name": name, "games": " ".join(games)}
    session.ask("POST", "/api/guilds/channels", json=body)
    print_line(f"codes are posted to {channel} of {guild}")


@guilds.command("removechannel")
@click.argument("guild")
@click.argument("channel")
@pass_session
def removechannel(session: Session, guild: str, channel: str) -> None:
    """Post no more codes to CHANNEL of GUILD."""
    session.ask("POST", "/api/guilds/channels/remove", json={"guild": guild, "channel": channel})
    print_line(f"codes are no longer posted to {channel} of {guild}")


def _print_table(found: list[dict[str, Any]]) -> None:
    from daemon.cli.tables import Cell, Column, draw_table  # noqa: PLC0415 - rich
    from daemon.cli.times import short_time  # noqa: PLC0415

    columns = [
        Column("guild"),
        Column("priority", right=True),
        Column("channel"),
        Column("since (UTC)"),
        Column("games", flexible=True),
        Column("name", flexible=True),
    ]
    rows = []
    for guild in found:
        for channel in guild["channels"] or [{"id": "none", "since": None, "games": ["–"]}]:
            since = "always" if channel["since"] == BEGINNING else short_time(channel["since"])
            cells = [guild["id"], str(guild["priority"]), channel["id"], since]
            cells += [", ".join(channel["games"]) or "all", guild["name"]]
            rows.append([Cell(cell) for cell in cells])
    print_text(draw_table(columns, rows, line_width()))
