from collections.abc import Sequence
from typing import Any

import pytest

from daemon.cli.status import Look, watch_status

UP = Look({"version": "1", "health": "healthy"}, "", 0)
ILL = Look({"version": "1", "health": "degraded"}, "", 1)
AWAY = Look(None, "perkd is not running: nobody listens at perkd.sock", 3)


def watched(looks: Sequence[Look], *, as_json: bool = False) -> tuple[int, list[float]]:
    """Watch these looks, then press Ctrl-C."""
    left, pauses = list(looks), []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if not left:
            raise KeyboardInterrupt

    return watch_status(lambda: left.pop(0), as_json=as_json, pause=pause), pauses


@pytest.mark.parametrize(("looks", "code"), [([UP], 0), ([UP, ILL], 1), ([ILL, UP], 0), ([UP, AWAY], 3)])
def test_watching_ends_with_the_exit_code_of_the_last_look(looks: list[Look], code: int, capsys: Any) -> None:
    assert watched(looks)[0] == code


def test_it_looks_once_a_second(capsys: Any) -> None:
    assert watched([UP, UP, UP])[1] == [1.0, 1.0, 1.0]


def test_a_daemon_that_goes_away_is_said_to_be_away_and_looked_for_again(capsys: Any) -> None:
    assert watched([UP, AWAY, AWAY, UP])[0] == 0
    blocks = capsys.readouterr().out.strip().split("\n\n")
    assert [block.split(" · ")[0] for block in blocks] == ["perkd 1", AWAY.problem, AWAY.problem, "perkd 1"]


def test_as_json_each_look_is_a_line(capsys: Any) -> None:
    watched([UP, AWAY], as_json=True)
    assert capsys.readouterr().out.splitlines() == [
        '{"version": "1", "health": "healthy"}',
        '{"health": "down", "problems": ["perkd is not running: nobody listens at perkd.sock"]}',
    ]


def test_ctrl_c_during_a_look_ends_it_too(capsys: Any) -> None:
    looks = [ILL]

    def look() -> Look:
        if not looks:
            raise KeyboardInterrupt
        return looks.pop()

    assert watch_status(look, as_json=False, pause=lambda _: None) == 1
