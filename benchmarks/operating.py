"""What an operator waits for: perkd as a process with everything configured, from its start to `/readyz`.

Discord and MongoDB are stand-ins in this process, the games a simulator; so they share the machine with it.
"""

import os
import resource
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

import trio

from benchmarks.timing import KIB, Measured
from tests.worlds.everything import open_everything

TIMES = 5
"""`perkd status` in a round."""


def start() -> Measured:
    """Seconds from the start of the process to ready, its memory then in MiB; seconds of `perkd status`."""
    with tempfile.TemporaryDirectory() as directory:
        return trio.run(_start, Path(directory))


async def _start(directory: Path) -> Measured:
    async with open_everything(directory) as everything:
        host = everything.stage.host
        began = perf_counter()
        async with host.perkd() as process:
            await everything.until_ready()
            ready = perf_counter() - began
            spent = processor(process.pid)
            now, peak = memory(process.pid, "VmRSS"), memory(process.pid, "VmHWM")
            asked, before = [], resource.getrusage(resource.RUSAGE_CHILDREN)
            for _ in range(TIMES):
                began = perf_counter()
                done = await host.command("status", check=False)
                asked.append(perf_counter() - began)
                assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert await host.stop(process) == 0
    return {
        "ready": ready,
        "ready_processor": spent,
        "rss": now,
        "peak": peak,
        "status": statistics.median(asked),
        "status_worst": max(asked),
        "status_processor": (_seconds(after) - _seconds(before)) / TIMES,
    }


def processor(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _seconds(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def memory(pid: int, kind: str) -> float:
    """MiB of a process: in memory now (`VmRSS`), or at most so far (`VmHWM`)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (found,) = [line.split()[1] for line in lines if line.startswith(f"{kind}:")]
    return int(found) / KIB
