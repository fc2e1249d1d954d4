"""Signals, in a process of its own: the first stops in order, the second at once."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

PROGRAM = """
import signal, sys, trio, trio.testing
from supervision import Actor, ActorSpec, SupervisorSpec, Tree, run_until_signal

def say(*words):
    print(*words, flush=True)

class Talker(Actor):
    def __init__(self, name):
        self.name = name

    async def started(self):
        say("start", self.name)
        if "slow_start" in sys.argv and self.name == "b":
            await trio.sleep(1000)

    async def stopped(self):
        say("stopping", self.name)
        if "slow_stop" in sys.argv:
            await trio.sleep(1000)
        say("stop", self.name)

# Only who would sleep too long is cut short: on a busy machine any short grace may be over at once.
grace = {"a": 1000, "b": 0.05 if "slow_start" in sys.argv else 1000}
spec = SupervisorSpec("t", [ActorSpec(n, lambda n=n: Talker(n), grace=grace[n]) for n in "ab"])
tree = Tree(spec)

async def say_when_idle():
    await trio.testing.wait_all_tasks_blocked()
    say("idle")

async def main():
    if "bare" in sys.argv:
        trio.lowlevel.spawn_system_task(say_when_idle)
        await tree.run()
    else:
        def hook(number):
            say("signal", number)
            if "bad_hook" in sys.argv:
                raise OSError("the hook")
            if "exit_hook" in sys.argv:
                raise SystemExit(3)

        hook = None if "quiet" in sys.argv else hook
        await run_until_signal(tree, on_signal=hook)
        say("done")

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins without it
trio.run(main)
"""

Process = subprocess.Popen[str]
Run = Callable[..., Process]


@pytest.fixture
def run() -> Iterator[Run]:
    processes: list[Process] = []

    def start(*arguments: str) -> Process:
        command = [sys.executable, "-c", PROGRAM, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - this interpreter, this text
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def heard(process: Process, last: str) -> list[str]:
    """What it says, up to and with `last`."""
    assert process.stdout is not None
    lines: list[str] = []
    while last not in lines:
        line = process.stdout.readline()
        assert line, f"it ended without {last!r}: {lines}"
        lines.append(line.rstrip("\n"))
    return lines


def rest(process: Process) -> list[str]:
    return process.communicate(timeout=20)[0].splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_stops_in_order_and_the_process_ends_with_0(
    run: Run, number: signal.Signals
) -> None:
    process = run()
    assert heard(process, "start b") == ["start a", "start b"]
    process.send_signal(number)
    told = [f"signal {number.value}", "stopping b", "stop b", "stopping a", "stop a", "done"]
    assert rest(process) == told
    assert process.returncode == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_cancels_at_once(run: Run, second: signal.Signals) -> None:
    process = run("slow_stop")
    heard(process, "start b")
    process.send_signal(signal.SIGTERM)
    heard(process, "stopping b")
    process.send_signal(second)
    assert rest(process) == [f"signal {second.value}", "done"]
    assert process.returncode == 0


def test_a_hook_that_raises_neither_keeps_the_tree_from_stopping_nor_deafens_it(run: Run) -> None:
    process = run("bad_hook", "slow_stop")
    heard(process, "start b")
    process.send_signal(signal.SIGTERM)
    assert heard(process, "stopping b") == ["signal 15", "stopping b"]
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert out.splitlines() == ["signal 15", "done"]
    assert process.returncode == 0
    assert "on_signal raised on SIGTERM" in err
    assert "OSError: the hook" in err


def test_a_hook_may_end_the_process_in_order(run: Run) -> None:
    process = run("exit_hook")
    heard(process, "start b")
    process.send_signal(signal.SIGTERM)
    assert rest(process) == ["signal 15", "stopping b", "stop b", "stopping a", "stop a"]
    assert process.returncode == 3


def test_a_signal_during_the_start_stops_what_has_started(run: Run) -> None:
    process = run("slow_start")
    heard(process, "start b")
    process.send_signal(signal.SIGTERM)
    assert rest(process) == ["signal 15", "stopping a", "stop a", "done"]
    assert process.returncode == 0


def test_signals_are_heeded_also_when_nobody_wants_to_hear_of_them(run: Run) -> None:
    process = run("quiet")
    heard(process, "start b")
    process.send_signal(signal.SIGTERM)
    assert rest(process) == ["stopping b", "stop b", "stopping a", "stop a", "done"]


def test_an_interrupt_without_a_receiver_still_ends_the_tree_in_order(run: Run) -> None:
    process = run("bare")
    heard(process, "idle")
    process.send_signal(signal.SIGINT)
    assert rest(process) == ["stopping b", "stop b", "stopping a", "stop a"]
    assert process.returncode == -signal.SIGINT
