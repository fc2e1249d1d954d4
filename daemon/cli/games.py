"""`perkd pause`, `perkd resume`: whether a game is called."""

import re

import click

from daemon.cli.output import print_line
from daemon.cli.session import Session, pass_session

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class Length(click.ParamType[str]):
    """`90`, `15m`, `2h`, `1d`: seconds, as text."""

    name = "LENGTH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The seconds. Fails with the way out."""
        found = re.fullmatch(r"([0-9]{1,9})([smhd]?)", str(value).strip().lower())
        if found is None or int(found[1]) == 0:
            self.fail(f"{value!r}: write it as 90s, 15m, 2h or 1d", param, ctx)
        return str(int(found[1]) * UNITS[found[2]])


@click.command()
@click.argument("game", default="")
@click.option("--for", "seconds", type=Length(), default=None, help="So long: 90s, 15m, 2h, 1d.")
@pass_session
def pause(session: Session, game: str, seconds: str | None) -> None:
    """Make no calls to GAME: until it is resumed, or for so long. It holds after a restart."""
    body = {"game": game, **({"seconds": seconds} if seconds else {})}
    print_line(session.ask_daemon("POST", "/api/games/pause", json=body)["text"])


@click.command()
@click.argument("game", default="")
@pass_session
def resume(session: Session, game: str) -> None:
    """Call GAME again, within its rate budget, whatever paused it."""
    print_line(session.ask_daemon("POST", "/api/games/resume", json={"game": game})["text"])
