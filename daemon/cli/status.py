"""`perkd status`: how the daemon is doing, once or again and again; its exit code is the health."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from daemon.cli.failures import CommandFailed, ExitCode
from daemon.cli.output import line_width, make_console, print_json, print_text
from daemon.cli.session import Session, pass_session

if TYPE_CHECKING:
    from rich.text import Text

EVERY = 1.0
"""Seconds between two looks."""
HEALTHY, DEGRADED, DOWN, NOT_RUNNING = range(4)
"""Exit codes of `perkd status`, unlike those of the other commands."""

_CODES = {"healthy": HEALTHY, "degraded": DEGRADED, "down": DOWN}


@frozen
class Look:
    """One look at the daemon: its status, or why there is none."""

    document: dict[str, Any] | None
    problem: str
    exit_code: int

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        if self.document is None:
            return {"health": "down", "problems": self.problem.split("\n")}
        return self.document

    def draw(self, width: int | None, height: int | None = None) -> "Text":
        """What a person reads: see `draw_status`."""
        from rich.text import Text  # noqa: PLC0415

        from daemon.cli.status_view import draw_status  # noqa: PLC0415 - rich
        from daemon.safe_text import neutralised  # noqa: PLC0415

        if self.document is None:
            return Text("\n".join(map(neutralised, self.problem.split("\n"))), "red")
        return draw_status(self.document, width, height, now=time.time())


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object; with --watch one on each line.")
@click.option("--watch", is_flag=True, help="Look again every second, until Ctrl-C.")
@click.option("--all", "every_child", is_flag=True, help="List all children, also of dynamic supervisors.")
@pass_session
@click.pass_context
def status(context: click.Context, session: Session, as_json: bool, watch: bool, every_child: bool) -> None:
    """Show the supervision tree and the state of the work.

    Exit codes: 0 healthy, 1 degraded, 2 down, 3 not running.
    """

    def look() -> Look:
        return look_at(session, every_child=every_child)

    if watch:
        context.exit(watch_status(look, as_json=as_json))
    seen = look()
    if seen.document is None and not as_json:
        raise CommandFailed(seen.problem, seen.exit_code)
    if as_json:
        print_json(seen.to_json())
    else:
        print_text(seen.draw(line_width()))
    context.exit(seen.exit_code)


def look_at(session: Session, *, every_child: bool) -> Look:
    """Ask the daemon once. One that is there, but does not answer as it should, is down."""
    try:
        document = session.ask_daemon("GET", "/api/status", all="1" if every_child else "0")
    except CommandFailed as error:
        code = NOT_RUNNING if error.exit_code == ExitCode.NOT_RUNNING else DOWN
        return Look(None, error.message, code)
    return Look(document, "", _CODES.get(document.get("health"), DOWN))


def watch_status(
    look: Callable[[], Look], *, as_json: bool, pause: Callable[[float], None] = time.sleep
) -> int:
    """Look every second until Ctrl-C, or until nobody reads any more. Returns the last look's exit code.

    A daemon that goes away is said to be away, and looked for again.
    """
    last = Look(None, "", NOT_RUNNING)
    with suppress(KeyboardInterrupt), _printer(as_json=as_json) as show:
        while True:
            last = look()
            if not show(last):
                break
            pause(EVERY)
    return last.exit_code


@contextmanager
def _printer(*, as_json: bool) -> Iterator[Callable[[Look], bool]]:
    """How looks are shown; what it yields returns whether somebody still reads."""
    console = make_console()
    if as_json:
        yield lambda look: print_json(look.to_json(), one_line=True)
    elif console.is_terminal:
        from rich.live import Live  # noqa: PLC0415

        with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:

            def redraw(look: Look) -> bool:
                live.update(look.draw(console.width, console.height), refresh=True)
                return True

            yield redraw
    else:
        yield lambda look: print_text(look.draw(line_width()).append("\n"))
