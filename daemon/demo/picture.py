"""`python -m daemon.demo.picture [FILE]`: the README's picture of the demo, taken from a real run."""

import io
import logging
import re
import sys
import tempfile
from pathlib import Path

from attrs import define, field
from rich.console import Console

from daemon.demo.run import Demo
from daemon.demo.ticker import Ticker
from daemon.demo.view import WIDEST, Look, draw
from daemon.ending import exit_code_of
from daemon.logs import set_level

PLACE = Path("docs/images/demo.svg")
_LINES = 14
_CODES = 4
_PAIRS = 66
"""The picture is taken once so many pairs have an outcome, and all codes are there: in the thick of it."""


@define
class Camera:
    """Takes one picture of the demo."""

    ticker: Ticker = field(factory=Ticker)
    svg: str = ""

    def show(self, look: Look) -> None:
        """Wait for the right moment, and take it."""
        if not self.svg and len(look.progress.codes) >= _CODES and look.progress.settled >= _PAIRS:
            self.svg = render(Look(look.progress, look.status, look.seconds), self.ticker)


def render(look: Look, ticker: Ticker) -> str:
    """The screen as SVG that fetches nothing from anywhere: the reader's own fonts are used."""
    console = Console(
        record=True,
        file=io.StringIO(),
        width=WIDEST,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(draw(look, ticker.newest(_LINES), WIDEST))
    svg = console.export_svg(title="perkd demo", unique_id="perkd-demo")
    return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)


def main(place: Path = PLACE) -> int:
    """Run the demo to its end and write the picture. Returns the exit code."""
    camera = Camera()
    root = logging.getLogger()
    set_level("info")
    root.addHandler(camera.ticker)
    with tempfile.TemporaryDirectory(prefix="perkd-demo-") as directory:
        code = exit_code_of(Demo(camera.show, exit_when_done=True).run, Path(directory))
    root.removeHandler(camera.ticker)
    if code or not camera.svg:
        return code or 1
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(camera.svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
