"""The table, for a terminal or as Markdown."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from benchmarks.figures import Figure, Group, Round
from benchmarks.stats import Summary, summarise

HEADINGS = ("", "median", "half of the runs", "goal (better)", "")
MISSING = "not measured"


@frozen
class Line:
    """A figure with what all rounds say of it; None where no round has it."""

    figure: Figure
    summary: Summary | None

    @property
    def cells(self) -> tuple[str, ...]:
        """What the table shows of it."""
        goal = self.figure.goal
        bound = "" if goal is None else str(goal)
        if self.summary is None:
            return (self.figure.title, MISSING, "", bound, "")
        counts = self.summary.most if self.figure.never_more else self.summary.median
        standing = "" if goal is None else goal.judge(counts).value
        spread = f"{number(self.summary.low)} – {number(self.summary.high)}"
        value = f"{number(counts)} {self.figure.unit}".rstrip()
        return (self.figure.title, value, spread, bound, standing)


def number(value: float) -> str:
    """Three digits or a little more, thousands set apart; a whole number as it is."""
    size = abs(value)
    places = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 2 else 3
    return f"{value:,.{places}f}"


def lines_of(group: Group, rounds: Sequence[Round]) -> list[Line]:
    """The group's figures over all rounds. A round in which a probe failed counts for the others only."""
    return [Line(figure, _summary(figure, rounds)) for figure in group.figures]


def _summary(figure: Figure, rounds: Sequence[Round]) -> Summary | None:
    values = []
    for measured in rounds:
        try:
            values.append(figure.value(measured))
        except (KeyError, ZeroDivisionError):
            continue
    return summarise(values) if values else None


def draw_text(groups: Iterable[Group], rounds: Sequence[Round]) -> str:
    """For a terminal, in columns."""
    tables = [(group.title, [line.cells for line in lines_of(group, rounds)]) for group in groups]
    rows = [row for _, table in tables for row in table]
    widths = [max(len(row[column]) for row in [HEADINGS, *rows]) for column in range(len(HEADINGS))]
    text = []
    for title, table in tables:
        text += ["", _in_columns((title, *HEADINGS[1:]), widths), "─" * (sum(widths) + 2 * len(widths) - 2)]
        text += [_in_columns(row, widths) for row in table]
    return "\n".join(text)


def _in_columns(row: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.rjust(width) if column in {1, 2} else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()


def draw_markdown(groups: Iterable[Group], rounds: Sequence[Round]) -> str:
    """For a document."""
    text = []
    for group in groups:
        text += ["", f"| {group.title} | {' | '.join(HEADINGS[1:])} |", "|---|--:|--:|---|---|"]
        text += [f"| {' | '.join(line.cells)} |" for line in lines_of(group, rounds)]
    return "\n".join(text)
