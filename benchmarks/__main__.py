"""`python -m benchmarks [names]`: measure, and print the figures beside their goals."""

import sys

import click

from benchmarks.figures import GROUPS, UnknownName, probes_of, select
from benchmarks.machine import describe
from benchmarks.rounds import measure
from benchmarks.table import draw_markdown, draw_text

RUNS, QUICK_RUNS = 9, 3


@click.command()
@click.argument("names", nargs=-1)
@click.option("--quick", is_flag=True, help=f"{QUICK_RUNS} rounds instead of {RUNS}.")
@click.option("--runs", type=click.IntRange(min=1), help="So many rounds.")
@click.option("--markdown", is_flag=True, help="Print the table for a document.")
@click.option("--list", "only_list", is_flag=True, help="List what can be measured.")
def main(names: tuple[str, ...], *, quick: bool, runs: int | None, markdown: bool, only_list: bool) -> None:
    """Measure the figures or groups called NAMES (all without).

    Exits with 1 when something could not be measured; a missed goal is for a person to judge.
    """
    if only_list:
        list_figures()
        return
    try:
        groups = select(names)
    except UnknownName as error:
        raise click.BadParameter(str(error)) from error
    rounds = runs or (QUICK_RUNS if quick else RUNS)
    machine = describe()
    measured, failures = measure(probes_of(groups), rounds, _say)
    _say("")
    draw = draw_markdown if markdown else draw_text
    print(f"{machine}; medians of {rounds} rounds")
    print(draw(groups, measured))
    for failure in failures:
        print(f"\n{failure.probe} failed: {failure.reason}", file=sys.stderr)
    sys.exit(1 if failures else 0)


def list_figures() -> None:
    """Print every name."""
    for group in GROUPS:
        print(f"{group.name}: {group.title}")
        for figure in group.figures:
            print(f"  {figure.name:<16} {figure.title}")


def _say(text: str) -> None:
    """Show how far it is, on a terminal, on one line."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
