"""Asks a daemon for its status until its own input ends: `… -m benchmarks.status_client /path/to/socket`.

Prints of each answer how long it took, in milliseconds, and what it says of the daemon's health.
"""

import select
import sys
from pathlib import Path
from time import perf_counter

from daemon.control.client import call

PAUSE = 0.05


def main(socket: Path) -> None:
    """Ask again and again, on a new connection each time, as the command does."""
    ask(socket)  # the first request of a process loads what the client needs: not the daemon's time
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        began = perf_counter()
        health = ask(socket)
        print((perf_counter() - began) * 1e3, health, flush=True)


def ask(socket: Path) -> str:
    """The daemon's health, out of its whole status."""
    answer = call(socket, "GET", "/api/status")
    assert not answer.problem, answer.problem
    return str(answer.document["health"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
