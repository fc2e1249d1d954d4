"""`perkd players`: who codes are redeemed for."""

from pathlib import Path
from typing import Any

import click

from daemon.cli.failures import CommandFailed, ExitCode, complain
from daemon.cli.output import line_width, print_json, print_line, print_raw, print_text
from daemon.cli.session import Session, pass_session
from daemon.safe_text import neutralised

MAX_CSV_BYTES = 10 * 1024 * 1024
"""As `daemon.service` has it; a test keeps the two equal, so that the service need not be imported here."""

game_option = click.option(
    "--game", default="", help="The game's name in config.toml; may be left out for one."
)


@click.group()
def players() -> None:
    """Add, list, remove, import and export players."""


@players.command()
@game_option
@click.option("--fid", required=True, help="The number on the player's profile page.")
@click.option("--state", default="", help="The number of the player's state or kingdom.")
@click.option("--name", default="", help="What logs and lists call the player.")
@pass_session
def add(session: Session, game: str, fid: str, state: str, name: str) -> None:
    """Add a player, or correct a player's state number or name."""
    player = {"game": game, "fid": fid, "state": state, "name": name}
    answer = session.ask("POST", "/api/players", json=player).document
    who = _describe(answer["player"])
    match answer["result"]:
        case "added":
            print_line(f"added {who}")
        case "updated":
            print_line(f"updated {who}: {neutralised(', '.join(answer['changes']))}")
        case _:
            print_line(f"unchanged: {who} is registered already")


@players.command("list")
@click.option("--game", default="", help="Only this game.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@pass_session
def list_(session: Session, game: str, as_json: bool) -> None:
    """List players."""
    found = session.ask("GET", "/api/players", query={"game": game}).document
    if as_json:
        print_json(found)
    elif not found:
        print_line("no players: add one with `perkd players add`, or many with `perkd players import`")
    else:
        _print_table(found)


def _print_table(found: list[dict[str, Any]]) -> None:
    from daemon.cli.tables import Cell, Column, draw_table  # noqa: PLC0415 - rich

    columns = [Column("game"), Column("fid", right=True), Column("state", right=True), Column("redeems")]
    rows = [
        [
            Cell(player["game"]),
            Cell(player["fid"]),
            Cell(player["state"] or "–"),
            Cell("yes") if player["auto_redeem"] else Cell("no", "yellow"),
            Cell(player["name"]),
        ]
        for player in found
    ]
    print_text(draw_table([*columns, Column("name", flexible=True)], rows, line_width()))


@players.command()
@game_option
@click.option("--fid", required=True, help="The player's fid.")
@pass_session
def remove(session: Session, game: str, fid: str) -> None:
    """Remove a player. Its history stays."""
    answer = session.ask("POST", "/api/players/remove", json={"game": game, "fid": fid}).document
    print_line(f"removed {_describe(answer['player'])}")


@players.command("import")
@click.argument("file", type=click.File("rb"), metavar="FILE.csv")
@pass_session
def import_(session: Session, file: Any) -> None:
    """Import players from a CSV file; `-` reads standard input.

    The file begins with the header line game,fid,state,name. Lines that are wrong are listed, and left
    out; the others are kept. The exit code is 1 where a line was left out.
    """
    data = file.read(MAX_CSV_BYTES + 1)
    if len(data) > MAX_CSV_BYTES:
        raise CommandFailed(f"the file has more than {MAX_CSV_BYTES} bytes: split it; nothing was imported")
    report = session.ask("POST", "/api/players/import", content=data).document
    for change in report["updated"]:
        print_line(f"line {change['line']}: updated {neutralised(_changes(change))}")
    for fault in report["faults"]:
        complain(f"line {fault['line']}: {fault['reason']}\n    {fault['value']}")
    print_line(_summary(report))
    if report["faults"]:
        raise click.exceptions.Exit(ExitCode.FAILED)


def _changes(change: dict[str, Any]) -> str:
    return f"{change['player']}: {', '.join(change['changes'])}"


def _summary(report: dict[str, Any]) -> str:
    parts = [f"{report['added']} added", f"{len(report['updated'])} updated"]
    if unchanged := report["unchanged"]:
        parts.append(f"{len(unchanged)} unchanged ({_lines(unchanged)})")
    if faults := report["faults"]:
        parts.append(f"{len(faults)} left out ({_lines([fault['line'] for fault in faults])})")
    if ignored := report["ignored_columns"]:
        parts.append(f"columns not used: {neutralised(', '.join(ignored))}")
    return ", ".join(parts)


def _lines(numbers: list[int]) -> str:
    """Line numbers in words, neighbours joined: `lines 2–4, 9`; of many only the first."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    shown = ["–".join(map(str, span)) for span in ranges[:_RANGES]]
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(shown)}{', …' if len(ranges) > _RANGES else ''}"


_RANGES = 8


@players.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--game", default="", help="Only this game.")
@pass_session
def export(session: Session, file: Path | None, game: str) -> None:
    """Write players as CSV to FILE, or to standard output; `perkd players import` reads it.

    A file that is there already is overwritten.
    """
    text = session.ask("GET", "/api/players.csv", query={"game": game}).text
    if file is None:
        print_raw(text)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CommandFailed(f"{file}: can't be written: {error.strerror}") from None
    number = text.count("\n") - 1
    complain(f"{number} player{'' if number == 1 else 's'} written to {file}")


def _describe(player: dict[str, Any]) -> str:
    parts = [f"{player['game']}/{player['fid']}", player["name"]]
    if player["state"]:
        parts.append(f"(state {player['state']})")
    return neutralised(" ".join(filter(None, parts)))
