"""Asks a daemon for its status until its own input ends, and prints how long each answer took, in ms.

`python -m benchmarks.status_client /path/to/socket`
"""

import select
import sys
from pathlib import Path
from time import perf_counter

from daemon.control.client import call

PAUSE = 0.05


def main(socket: Path) -> None:
    """Ask again and again, on a new connection each time, as the command does."""
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        began = perf_counter()
        answer = call(socket, "GET", "/api/status")
        taken = perf_counter() - began
        assert not answer.problem, answer.problem
        assert answer.document["health"] == "healthy", answer.document["problems"]
        print(taken * 1e3, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
