"""A process that commits to a file and to MongoDB, as the tests that kill it see it."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from tests.worlds.two_stores import Host

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "tests" / "daemon" / "storage" / "both_committer.py"


class Committer:
    """The process of `both_committer.py`, and the one life at a time that it starts."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.pid = 0
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        self._pipe = self.process.stdout.fileno()
        self._begun = b""

    def begin(self, **order: Any) -> None:
        """Start a life; returns when it is there."""
        host = self.host
        order = {"path": str(host.path), "uri": host.uri, "first": host.number + 1, **order}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        self.pid = int(self.until("pid", 30.0).split()[1])

    def until(self, word: str, within: float) -> str:
        """Read until it has said something that begins so; return that."""
        end = time.monotonic() + within
        while (left := end - time.monotonic()) > 0:
            if found := [line for line in self.hear(left) if line.startswith(word)]:
                return found[0]
        raise AssertionError(f"{word!r} was not said within {within} s")

    def hear(self, within: float) -> Iterator[str]:
        """What it says next, noting what it tells to be durable; nothing where it is silent for so long."""
        if not select.select([self._pipe], [], [], max(0.0, within))[0]:
            return
        said = os.read(self._pipe, 1 << 16)
        assert said, "the process has ended"
        *lines, self._begun = (self._begun + said).split(b"\n")
        for line in map(bytes.decode, lines):
            if line.startswith("done"):
                self.host.number = number = int(line.split()[1])
                self.host.acknowledged.add(number)
            yield line

    def listen(self, seconds: float) -> None:
        """Hear it out for so long: the moment that a test chose."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for _ in self.hear(left):
                pass

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.until("ended", 30.0)
        self.pid = 0
        self.host.number += 1000  # what it asked for last may be durable all the same

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pid:
            self.kill()
        self.process.kill()
        self.process.communicate()
