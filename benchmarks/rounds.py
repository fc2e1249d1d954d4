"""Runs the probes, each in a fresh process, all of them in turn, again and again."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence

from attrs import frozen

LIMIT = 300.0
"""Seconds a probe may take."""
_LAST_LINES = 4


@frozen
class Failure:
    """A probe that measured nothing, and why."""

    probe: str
    reason: str


Samples = dict[str, float]


def run_probe(probe: str) -> Samples | Failure:
    """Run one probe in a process of its own: its samples, by their full names."""
    command = [sys.executable, "-m", "benchmarks.probe", probe]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return Failure(probe, f"took longer than {LIMIT:g} s")
    if ended.returncode != 0:
        last = ended.stderr.strip().splitlines()[-_LAST_LINES:]
        return Failure(probe, " / ".join(last) or f"exit code {ended.returncode}")
    return {f"{probe}/{name}": value for name, value in json.loads(ended.stdout).items()}


def in_turn(probes: Sequence[str], runs: int) -> Iterator[tuple[int, str]]:
    """The order of work: every round runs every probe, every second round backwards.

    What slows the machine for a while then slows a figure and its yardstick alike.
    """
    for number in range(runs):
        for probe in probes if number % 2 == 0 else reversed(probes):
            yield number, probe


def measure(
    probes: Sequence[str],
    runs: int,
    say: Callable[[str], None],
    run: Callable[[str], Samples | Failure] = run_probe,
) -> tuple[list[Samples], list[Failure]]:
    """Run all probes `runs` times. `say` hears of progress; a failed probe is not run again."""
    rounds: list[Samples] = [{} for _ in range(runs)]
    failures: dict[str, Failure] = {}
    for number, probe in in_turn(probes, runs):
        if probe in failures:
            continue
        say(f"round {number + 1} of {runs}: {probe}")
        outcome = run(probe)
        if isinstance(outcome, Failure):
            failures[probe] = outcome
        else:
            rounds[number].update(outcome)
    return rounds, list(failures.values())
