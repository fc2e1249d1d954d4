import io
import os
from collections.abc import Iterator
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from attrs import frozen

from actors.giftcodes.model import Player
from daemon.captcha import TerminalSolver, load_solver
from daemon.plugins import CAPTCHA_SOLVERS, PluginError

PNG = b"\x89PNG\r\n\x1a\n..."
ADA = Player("wos", "1001", name="Ada")


@frozen
class Terminal:
    """A pseudo terminal; `keys` is the end where a person sits."""

    keys: int
    stdin: Any
    stdout: io.StringIO

    def type(self, text: str) -> None:
        os.write(self.keys, text.encode())

    async def until_shown(self, text: str) -> None:
        with trio.fail_after(20):
            while text not in self.stdout.getvalue():
                await trio.testing.wait_all_tasks_blocked(0.001)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    keys, tty = os.openpty()
    with os.fdopen(tty, "r") as stdin:
        yield Terminal(keys, stdin, io.StringIO())
    os.close(keys)


def solver_at(terminal: Terminal, tmp_path: Path, timeout: float = 20.0) -> TerminalSolver:
    return TerminalSolver(tmp_path, timeout, terminal.stdin, terminal.stdout)


async def test_a_person_is_shown_whose_captcha_it_is_and_types_its_text(
    terminal: Terminal, tmp_path: Path, nursery: trio.Nursery
) -> None:
    path = tmp_path / "captchas" / "wos-1001.png"

    async def person() -> None:
        await terminal.until_shown("press Enter")
        assert path.read_bytes() == PNG
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert f"Captcha for Ada (FID 1001, wos): open {path}" in terminal.stdout.getvalue()
        terminal.type(" aB3d \n")

    nursery.start_soon(person)
    assert await solver_at(terminal, tmp_path).solve("wos", ADA, PNG) == "aB3d"
    assert not path.exists()


async def test_two_captchas_are_asked_for_one_after_the_other_though_each_game_has_its_solver(
    terminal: Terminal, tmp_path: Path, nursery: trio.Nursery
) -> None:
    answers = {}

    async def solve(name: str) -> None:
        answers[name] = await solver_at(terminal, tmp_path).solve("wos", Player("wos", "1", name=name), PNG)

    async def person() -> None:
        for number in (1, 2):
            await terminal.until_shown("press Enter")
            while terminal.stdout.getvalue().count("press Enter") < number:
                await trio.testing.wait_all_tasks_blocked(0.001)
            assert terminal.stdout.getvalue().count("Captcha for") == number
            shown = terminal.stdout.getvalue().rsplit("Captcha for ", 1)[1].split(" ")[0]
            terminal.type(f"text-of-{shown}\n")

    async with trio.open_nursery() as work:
        work.start_soon(person)
        work.start_soon(solve, "Ada")
        work.start_soon(solve, "Ben")
    assert answers == {"Ada": "text-of-Ada", "Ben": "text-of-Ben"}


async def test_nobody_answering_in_time_is_none_and_a_late_answer_is_not_taken_for_the_next(
    terminal: Terminal, tmp_path: Path, nursery: trio.Nursery
) -> None:
    assert await solver_at(terminal, tmp_path, 0.05).solve("wos", ADA, PNG) is None
    assert "Nobody answered" in terminal.stdout.getvalue()
    assert list((tmp_path / "captchas").iterdir()) == []
    terminal.type("late\n")

    async def person() -> None:
        await terminal.until_shown("within 20 s")
        terminal.type("in time\n")

    nursery.start_soon(person)
    assert await solver_at(terminal, tmp_path).solve("wos", ADA, PNG) == "in time"


@pytest.mark.parametrize("keys", ["\n", "  \n", "\x04"], ids=["nothing", "blanks", "end of input"])
async def test_an_empty_answer_is_none(
    terminal: Terminal, tmp_path: Path, nursery: trio.Nursery, keys: str
) -> None:
    async def person() -> None:
        await terminal.until_shown("press Enter")
        terminal.type(keys)

    nursery.start_soon(person)
    assert await solver_at(terminal, tmp_path).solve("wos", ADA, PNG) is None


async def test_waiting_can_be_cancelled_and_leaves_nothing_behind(terminal: Terminal, tmp_path: Path) -> None:
    with trio.move_on_after(0.05) as scope:
        await solver_at(terminal, tmp_path).solve("wos", ADA, PNG)
    assert scope.cancelled_caught
    assert list((tmp_path / "captchas").iterdir()) == []


async def test_without_a_terminal_nobody_answers(tmp_path: Path) -> None:
    out = io.StringIO()
    with (tmp_path / "input").open("w+") as stdin:
        assert await TerminalSolver(tmp_path, 20.0, stdin, out).solve("wos", ADA, PNG) is None
    assert await TerminalSolver(tmp_path, 20.0, stdin, out).solve("wos", ADA, PNG) is None  # closed by now
    assert out.getvalue() == ""
    assert not (tmp_path / "captchas").exists()


async def test_names_can_lead_neither_the_file_nor_the_terminal_astray(
    terminal: Terminal, tmp_path: Path, nursery: trio.Nursery
) -> None:
    async def person() -> None:
        await terminal.until_shown("press Enter")
        assert [path.name for path in (tmp_path / "captchas").iterdir()] == ["___x-1.jpg"]
        assert "\x1b" not in terminal.stdout.getvalue()
        terminal.type("ok\n")

    nursery.start_soon(person)
    player = Player("../x", "1", name="A\x1b[2Jda")
    assert await solver_at(terminal, tmp_path).solve("../x", player, b"\xff\xd8\xff") == "ok"


# --- plugged-in solvers -------------------------------------------------------------------------


class Oracle:
    """Knows every captcha."""

    async def solve(self, game: str, player: Player, picture: bytes) -> str | None:
        await trio.lowlevel.checkpoint()
        return f"{game}/{player.fid}/{len(picture)}"


def broken() -> Oracle:
    raise OSError("no model file")


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entry points as installed packages would offer them: this module's own names."""
    points = [
        EntryPoint("oracle", f"{__name__}:Oracle", CAPTCHA_SOLVERS),
        EntryPoint("broken", f"{__name__}:broken", CAPTCHA_SOLVERS),
        EntryPoint("gone", "no_such_package:Solver", CAPTCHA_SOLVERS),
        EntryPoint("odd", "builtins:dict", CAPTCHA_SOLVERS),
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points if group == CAPTCHA_SOLVERS else [])


@pytest.mark.usefixtures("offered")
async def test_a_plugged_in_solver_is_loaded_by_its_name() -> None:
    assert await load_solver("oracle").solve("wos", ADA, b"12345") == "wos/1001/5"


@pytest.mark.usefixtures("offered")
def test_an_unknown_solver_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        PluginError, match=r"captcha = 'orcale': no such solver; there are none, person, broken"
    ):
        load_solver("orcale")


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("broken", r"captcha = 'broken': .*:broken can't be loaded \(OSError: no model file\)"),
        ("gone", r"captcha = 'gone': .*can't be loaded \(ModuleNotFoundError"),
        ("odd", r"captcha = 'odd': what the plug-in makes \(dict\) has no method solve"),
    ],
)
def test_a_solver_that_cannot_be_loaded_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(PluginError, match=reason):
        load_solver(name)
