"""The samples of docs/supervision.md run, and print what the page says."""

import re
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

import supervision
import supervision.testing
from supervision.intensity import RestartWindow

PAGE = Path(__file__).parents[2] / "docs" / "supervision.md"
SAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
SAMPLES = [(found[1], found[2]) for found in SAMPLE.finditer(PAGE.read_text())]


def test_every_sample_runs_and_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(SAMPLES) == 6
    names: dict[str, Any] = {}  # the page is read from top to bottom: later samples use earlier imports
    for code, said in SAMPLES:
        before = set(names)
        names.pop("main", None)
        exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - our own page
        runs = [name for name in names if name == "main" or (name.startswith("test_") and name not in before)]
        assert runs
        for name in runs:
            trio.run(names[name], clock=trio.testing.MockClock(autojump_threshold=0))
        assert capsys.readouterr().out == (said or "")


def test_the_page_names_nothing_that_is_not_there() -> None:
    named = set(re.findall(r"`([A-Z][A-Za-z]+)[(`]", PAGE.read_text()))
    policies = (supervision.Kind, supervision.Strategy, supervision.AutoShutdown)
    known = {name for place in (supervision, supervision.testing, *policies) for name in dir(place)}
    builtin = {"Exception", "Cancelled", "KeyboardInterrupt", "SystemExit"}
    assert named - known - builtin == set()


def test_every_rule_in_the_tables_names_a_test_that_is_there() -> None:
    rules = PAGE.read_text().partition("## The rules, in one table")[2]
    rows = [row for row in rules.splitlines() if row.startswith("| ") and not row.endswith("| test |")]
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for row in rows:
        name = row.rstrip(" |").rpartition("| ")[2].strip("`")
        assert f"def test_{name}(" in tests, row
    assert len(rows) > 40


@pytest.mark.parametrize(("intensity", "for_ever"), [(19, False), (20, True)])
def test_the_budget_that_never_ends_is_right(intensity: int, for_ever: bool) -> None:
    backoff, window, now = supervision.Backoff(1, max=300), RestartWindow(intensity, 3600), 0.0
    allowed = []
    for failures in range(1, 200):
        allowed.append(window.add(now))
        now += backoff.delay(failures, 0.0)
    assert all(allowed) is for_ever


@pytest.mark.parametrize("intensity", [7, 8])
async def test_the_worked_numbers_of_backoff_are_right(autojump_clock: object, intensity: int) -> None:
    class Doomed(supervision.Actor):
        async def started(self) -> None:
            if self.incarnation > 1:
                raise OSError

        async def receive(self, message: object) -> None:
            raise ValueError

    child = supervision.ActorSpec("a", Doomed, backoff=supervision.Backoff(1, max=10))
    tree = supervision.Tree(supervision.SupervisorSpec("t", [child], intensity=intensity, period=120))
    tree.ref("a").tell("go")
    with pytest.raises(supervision.TreeFailed):
        await tree.run()
    assert trio.current_time() == {7: 45, 8: 55}[intensity]
