"""Who reads captchas: a person at the terminal, or a solver that somebody plugged in."""

import os
import re
import sys
import termios
from pathlib import Path
from typing import TextIO, cast

import trio
from attrs import define, field

from actors.giftcodes.model import Player
from actors.ports import CaptchaSolver
from daemon.plugins import CAPTCHA_SOLVERS, Wanted

BUILT_IN = ("none", "person")
"""What `captcha` may say in `config.toml` beside the name of a plugged-in solver."""

ANSWER_WITHIN = 120.0
"""Seconds that a person has for one captcha, wherever it is asked."""

_METHODS = ("solve(game, player, picture)",)

_LONGEST_LINE = 1024

_TERMINAL = trio.Lock()
"""A process has one terminal, however many games have a solver at it."""


@define
class TerminalSolver:
    """A person at the terminal: gets the picture as a file, types the text.

    One captcha at a time; each has its own `timeout` in seconds, from when it is shown. Where standard
    input is no terminal, nobody can answer, and nothing is written.
    """

    data_dir: Path
    timeout: float = ANSWER_WITHIN
    stdin: TextIO = field(factory=lambda: sys.stdin)
    stdout: TextIO = field(factory=lambda: sys.stdout)

    async def solve(self, game: str, player: Player, picture: bytes) -> str | None:
        """Show the picture and wait for a line; None when nobody answers in time, or with nothing.

        Raises OSError where the picture can't be written.
        """
        if not self._is_terminal():
            await trio.lowlevel.checkpoint()
            return None
        async with _TERMINAL:
            path = self.data_dir / "captchas" / _file_name(game, player, picture)
            await trio.to_thread.run_sync(_write_private, path, picture)
            try:
                return await self._ask(game, player, path)
            finally:
                path.unlink(missing_ok=True)

    async def _ask(self, game: str, player: Player, path: Path) -> str | None:
        # What was typed before belongs to an earlier captcha, or to nothing.
        termios.tcflush(self.stdin, termios.TCIFLUSH)
        self._say(
            f"Captcha for {_printable(player.label)} (FID {player.fid}, {game}): open {path}\n"
            f"Type its text and press Enter, within {self.timeout:g} s: "
        )
        with trio.move_on_after(self.timeout):
            return await self._read_line() or None
        self._say("\nNobody answered; perkd goes on without.\n")
        return None

    async def _read_line(self) -> str:
        # A terminal is readable once a line is complete. Waiting for that takes no thread: a thread that
        # was left behind in a read would swallow the answer to the next captcha.
        await trio.lowlevel.wait_readable(self.stdin)
        try:
            line = os.read(self.stdin.fileno(), _LONGEST_LINE)
        except OSError:  # the terminal was closed
            return ""
        return line.decode(errors="replace").strip()

    def _is_terminal(self) -> bool:
        return not self.stdin.closed and self.stdin.isatty()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def load_solver(name: str) -> CaptchaSolver:
    """The solver that an installed package offers by this name, in the entry point group `CAPTCHA_SOLVERS`.

    Raises:
        PluginError: there is none of this name, or it can't be loaded; the text lists those there are.
    """
    wanted = Wanted(CAPTCHA_SOLVERS, name, f"captcha = {name!r}", "solver")
    return cast(CaptchaSolver, wanted.load(methods=_METHODS, built_in=BUILT_IN))


def _file_name(game: str, player: Player, picture: bytes) -> str:
    # Neither part may lead out of the directory, whatever a configuration calls its game.
    name = re.sub(r"[^A-Za-z0-9_-]", "_", f"{game}-{player.fid}")[:80]
    return name + (".png" if picture.startswith(b"\x89PNG") else ".jpg")


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())
