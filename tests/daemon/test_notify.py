"""The service manager is told of the start, of life as long as there is progress, and of the end."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from daemon.notify import Notifier, NotifyActor
from supervision import Actor, ActorSpec, SupervisorSpec, Tree


class Worker(Actor):
    """Answers, unless it is `stuck`."""

    stuck = False

    async def receive(self, message: object) -> object:
        if message == "how are you?":
            while self.stuck:  # noqa: ASYNC110 - that is what stuck means
                await trio.sleep(1)
            return "fine"
        return await Actor.receive(self, message)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def heard(manager: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(manager.recv(4096).decode())
        except BlockingIOError:
            return found


def tree_of(manager: socket.socket, worker: Worker, every: float | None = 15.0) -> Tree:
    notifier = Notifier(manager.getsockname(), every)

    def make() -> NotifyActor:
        return NotifyActor(
            notifier,
            [(tree.ref("worker"), "how are you?")],
            lambda: tree.snapshot().state == "running",
            lambda: "2 codes live",
        )

    tree = Tree(SupervisorSpec("t", [ActorSpec("notify", make), ActorSpec("worker", lambda: worker)]))
    return tree


async def test_start_life_and_end_are_told(manager: socket.socket, autojump_clock: MockClock) -> None:
    tree = tree_of(manager, Worker())
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await trio.sleep(1)
        assert heard(manager) == ["READY=1\nSTATUS=2 codes live", "WATCHDOG=1\nSTATUS=2 codes live"]
        await trio.sleep(45)
        assert heard(manager) == ["WATCHDOG=1\nSTATUS=2 codes live"] * 3
        tree.stop()
    assert heard(manager) == ["STOPPING=1"]


async def test_an_actor_that_makes_no_progress_starves_the_watchdog_until_it_does(
    manager: socket.socket, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker()
    tree = tree_of(manager, worker)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await trio.sleep(1)
        heard(manager)
        worker.stuck = True
        await trio.sleep(120)
        assert heard(manager) == []
        assert [r.message for r in caplog.records] == [
            "The watchdog is not fed: t/worker: no answer within 5 s"
        ]
        worker.stuck = False
        await trio.sleep(60)
        assert heard(manager)
        tree.stop()


async def test_one_slow_answer_does_not_starve_the_watchdog(
    manager: socket.socket, autojump_clock: MockClock
) -> None:
    worker = Worker()
    tree = tree_of(manager, worker, every=60.0)  # WatchdogSec=2min
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await trio.sleep(55)
        heard(manager)
        worker.stuck = True
        await trio.sleep(15)
        assert heard(manager) == []
        worker.stuck = False
        await trio.sleep(10)
        assert heard(manager) == ["WATCHDOG=1\nSTATUS=2 codes live"]
        tree.stop()


async def test_without_a_watchdog_only_start_and_end_are_told(
    manager: socket.socket, autojump_clock: MockClock
) -> None:
    tree = tree_of(manager, Worker(), every=None)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await trio.sleep(3600)
        tree.stop()
    assert heard(manager) == ["READY=1\nSTATUS=2 codes live", "STOPPING=1"]


def test_a_manager_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "nobody"), None).tell("READY=1")
    assert not list(tmp_path.iterdir())


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0perkd test of an abstract socket")
        Notifier("@perkd test of an abstract socket", None).tell("READY=1")
        assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, None),
        ({"NOTIFY_SOCKET": ""}, None),
        ({"NOTIFY_SOCKET": "relative"}, None),
        ({"NOTIFY_SOCKET": "/run/s"}, Notifier("/run/s", None)),
        ({"NOTIFY_SOCKET": "@s", "WATCHDOG_USEC": "30000000"}, Notifier("@s", 15.0)),
        ({"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, Notifier("/s", 15.0)),
        ({"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, Notifier("/s", None)),
        ({"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "soon"}, Notifier("/s", None)),
        ({"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "0"}, Notifier("/s", None)),
    ],
)
def test_the_manager_is_found_as_it_names_itself(env: dict[str, str], expected: Notifier | None) -> None:
    assert Notifier.of(env, pid=7) == expected
