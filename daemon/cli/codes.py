"""`perkd codes`: the codes that are redeemed."""

from typing import Any

import click

from daemon.cli.failures import CommandFailed
from daemon.cli.output import line_width, print_json, print_line, print_text
from daemon.cli.players import game_option
from daemon.cli.session import Session, pass_session
from daemon.safe_text import neutralised

STYLES = {"live": "green", "retired": "dim"}


@click.group()
def codes() -> None:
    """Add, list and retire codes."""


@codes.command()
@click.argument("code")
@game_option
@pass_session
def add(session: Session, code: str, game: str) -> None:
    """Add CODE, in its exact spelling: case matters.

    A code that has ended is not taken for live on anybody's word: one player tries it, and if that
    works it is redeemed for everyone again.
    """
    answer = session.ask("POST", "/api/codes", json={"code": code, "game": game}).document
    what = _describe(answer["code"])
    state = _state(answer["code"])
    match answer["result"]:
        case "added":
            print_line(f"added {what}")
        case "live":
            print_line(f"unchanged: {what} is live already")
        case "retrying":
            print_line(f"{what} is {state}: one player tries it again now; if it works, it is live again")
        case _:
            raise CommandFailed(f"{what} is {state}, and stays so: {answer['problem']}")


@codes.command("list")
@click.option("--game", default="", help="Only this game.")
@click.option("--state", default="", help="Only this state: live, expired, invalid, used_up or retired.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@pass_session
def list_(session: Session, game: str, state: str, as_json: bool) -> None:
    """List codes, the live ones first."""
    found = session.ask("GET", "/api/codes", query={"game": game, "state": state}).document
    if as_json:
        print_json(found)
    elif not found:
        print_line("no codes: the sources bring them, or `perkd codes add CODE`")
    else:
        _print_table(found)


def _print_table(found: list[dict[str, Any]]) -> None:
    from daemon.cli.tables import Cell, Column, draw_table  # noqa: PLC0415 - rich
    from daemon.cli.times import short_time  # noqa: PLC0415

    columns = [
        Column("game"),
        Column("code", flexible=True),
        Column("state"),
        Column("first seen (UTC)"),
        Column("expires (UTC)"),
        Column("source", flexible=True),
    ]
    rows = [
        [
            Cell(code["game"]),
            Cell(code["code"], "bold"),
            Cell(_state(code), STYLES.get(code["state"], "red")),
            Cell(short_time(code["first_seen"])),
            Cell(short_time(code["expires"])),
            Cell(code["source"]),
        ]
        for code in found
    ]
    print_text(draw_table(columns, rows, line_width()))


@codes.command()
@click.argument("code")
@game_option
@pass_session
def retire(session: Session, code: str, game: str) -> None:
    """End CODE for everyone: nobody is redeemed any more, and no source brings it back.

    Adding it again puts it to the test.
    """
    answer = session.ask("POST", "/api/codes/retire", json={"code": code, "game": game}).document
    what = _describe(answer["code"])
    if answer["result"] == "retired":
        print_line(f"retired {what}")
    else:
        print_line(f"unchanged: {what} is {_state(answer['code'])} already")


def _describe(code: dict[str, Any]) -> str:
    return neutralised(f"{code['code']} ({code['game']})")


def _state(code: dict[str, Any]) -> str:
    return neutralised(str(code["state"]).replace("_", " "))
