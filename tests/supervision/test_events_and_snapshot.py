"""What a tree tells: its events, and its status at any time."""

import json
import linecache
import logging
from typing import Any

import attrs
import pytest
import trio

from supervision import (
    Actor,
    ActorSpec,
    AnyEvent,
    Backoff,
    Crashed,
    Decline,
    DynamicSpec,
    ErrorText,
    Event,
    Kind,
    Node,
    StartDeclined,
    Started,
    Stopped,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.error_text import bounded
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")


def family(probes: Probes, grace: float = 5.0) -> SupervisorSpec:
    return SupervisorSpec("t", [probes.spec(name, grace=grace) for name in "abc"])


# --- events --------------------------------------------------------------------------------------


async def test_a_hook_that_raises_does_no_harm(
    autojump_clock: object, probes: Probes, caplog: pytest.LogCaptureFixture
) -> None:
    def hook(event: Event) -> None:
        raise ValueError(event.path)

    with caplog.at_level(logging.ERROR, "supervision.tree"):
        async with open_tree(family(probes), on_event=hook) as tree:
            crash(tree.ref("a"))
            assert await tree.ref("a").ask(1) == 1
    assert "the event hook raised on Started" in caplog.text


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(2)], ids=["interrupt", "exit"])
async def test_a_hook_that_wants_the_process_to_end_ends_the_tree_in_order(
    autojump_clock: object, probes: Probes, error: BaseException
) -> None:
    def hook(event: Event) -> None:
        if event == Started("t/c", 1):
            raise error

    with pytest.raises(type(error)):
        await Tree(family(probes), hook).run()
    assert probes.did()[3:] == ["stop c", "stop b", "stop a"]


async def test_the_events_of_a_life_are_told_in_order_and_ready_for_json(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [SupervisorSpec("in", [probes.spec("a", backoff=Backoff(2))])])
    async with open_tree(spec, on_event=probes.trace) as tree:
        crash(tree.ref("in/a"), ValueError("boom"))
        await trio.sleep(3)
    assert probes.trace.names() == [
        "Started t/in/a",
        "Started t/in",
        "Crashed t/in/a",
        "BackingOff t/in/a",
        "Started t/in/a",
        "Stopped t/in/a",
        "Stopped t/in",
    ]
    assert probes.trace.names([Crashed]) == ["Crashed t/in/a"]
    documents = json.loads(json.dumps([event.to_json() for event in probes.trace.events]))
    assert documents[2]["event"] == "Crashed"
    assert documents[2]["error"]["text"] == "boom"
    assert documents[3] == {"event": "BackingOff", "path": "t/in/a", "delay": 2}


def test_the_events_are_a_closed_union_of_frozen_types() -> None:
    kinds = AnyEvent.__args__
    assert set(kinds) == set(Event.__subclasses__())
    event = Stopped("t/a", "normal")
    for kind in kinds:
        assert attrs.has(kind)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.how = "crashed"  # type: ignore[misc]


def test_the_text_of_an_error_is_bounded_and_never_fails() -> None:
    class Unspeakable(Exception):  # noqa: N818 - for its __str__
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert str(ErrorText.of(Unspeakable())).endswith("<no text: its __str__ raised RuntimeError>")
    assert str(ErrorText.of(ValueError())) == "ValueError"
    assert ErrorText.of(ExceptionGroup("x", [ExceptionGroup("y", [OSError("deep")])])).text == "deep"
    assert ErrorText.of(ExceptionGroup("x", [OSError(), ValueError()])).type == "ExceptionGroup"
    assert bounded("abc", 3) == "abc"
    assert bounded("abcd", 3) == "abc… (1 more characters)"


def test_a_call_without_a_line_number_is_described_without_one() -> None:
    def lost() -> None:
        raise ValueError("no line")

    lost.__code__ = lost.__code__.replace(co_linetable=b"")
    with pytest.raises(ValueError, match="no line") as caught:
        lost()
    assert ErrorText.of(caught.value).traceback.endswith(f'  File "{__file__}", in lost\n')


def test_a_traceback_that_cannot_be_described_leaves_the_text() -> None:
    class Loader:
        def get_source(self, name: str) -> str:
            raise RuntimeError(f"no source of {name}")

    names = {"__name__": "nowhere", "__loader__": Loader()}
    code = compile("raise ValueError('boom')", "nowhere.py", "exec")
    with pytest.raises(ValueError, match="boom") as caught:
        exec(code, names)  # noqa: S102 - a module without a file
    assert ErrorText.of(caught.value) == ErrorText(
        "ValueError", "boom", "<no traceback: describing it raised RuntimeError>"
    )


def test_the_traceback_of_a_deep_recursion_is_bounded() -> None:
    def dive(depth: int) -> None:
        if depth == 0:
            raise ValueError("at the bottom")
        dive(depth - 1)

    with pytest.raises(ValueError, match="bottom") as error:
        dive(500)
    kept = ErrorText.of(error.value).traceback
    assert len(kept) <= 4000
    assert "at the bottom" in kept
    assert ErrorText.of(error.value, frames=3).traceback.count("in dive") == 3


def test_the_traceback_of_long_lines_is_bounded() -> None:
    names: dict[str, Any] = {"__name__": "generated"}
    dive = "def dive(depth):\n    return 1 / depth " + "+ 0 " * 100 + "if depth == 0 else dive(depth - 1)\n"
    linecache.cache["generated.py"] = (len(dive), None, dive.splitlines(keepends=True), "generated.py")
    exec(compile(dive, "generated.py", "exec"), names)  # noqa: S102 - our own text
    with pytest.raises(ZeroDivisionError) as error:
        names["dive"](60)
    assert len(ErrorText.of(error.value).traceback) == 4000


async def test_the_reason_of_who_declines_is_bounded_and_never_fails(
    autojump_clock: object, probes: Probes
) -> None:
    class Unspeakable(Decline):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    starts = [probes.spec("a", [Do(error=Decline("x" * 10**6))]), probes.spec("b", [Do(error=Unspeakable())])]
    async with open_tree(SupervisorSpec("t", starts), on_event=probes.trace):
        a, b = probes.trace.of(StartDeclined)
    assert len(a.reason) < 350  # type: ignore[attr-defined]
    assert b == StartDeclined("t/b", "<no text: its __str__ raised RuntimeError>")


# --- the snapshot --------------------------------------------------------------------------------


async def test_the_snapshot_is_ready_for_json_and_holds_no_live_thing(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [DynamicSpec("d", probes.template(kind=Kind.TRANSIENT))])
    spec = SupervisorSpec("t", [probes.spec("a", backoff=Backoff(5)), inner])
    async with open_tree(spec) as tree:
        await tree.dynamic("in/d").start_child("x", "x")
        tree.ref("a").tell(Do(error=ValueError("boom")))
        tree.ref("a").tell("waits")
        await settle()
        document = json.loads(json.dumps(tree.snapshot().to_json()))
        assert document["children"][0] == {
            "name": "a",
            "kind": "actor",
            "state": "backing_off",
            "restarts": 0,
            "mailbox": 1,
            "last_error": "ValueError: boom",
            "lost": {"Do": 1},
            "restart_in": 5.0,
            "dead_letters": {},
            "children": [],
        }
        dynamic = document["children"][1]["children"][0]
        assert (dynamic["kind"], dynamic["children_by_state"], dynamic["children"]) == (
            "dynamic",
            {"running": 1},
            [],
        )
        listed = tree.snapshot(every_child=True).children[1].children[0].children
        assert [(child.name, child.kind, child.state) for child in listed] == [("x", "actor", "running")]
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            tree.snapshot().state = "fine"  # type: ignore[misc]


async def test_the_snapshot_is_there_before_during_and_after(autojump_clock: object, probes: Probes) -> None:
    tree = Tree(family(probes, grace=50))
    assert tree.snapshot() == Node("t", "supervisor", "stopped", 0, 0, None, tree.snapshot().children)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        assert {child.state for child in tree.snapshot().children} == {"running"}
        tree.ref("b").tell(Do(sleep=40))
        await settle()
        tree.stop()
        await trio.sleep(1)
        root = tree.snapshot()
        states = [child.state for child in root.children]
        assert (root.state, states) == ("stopping", ["running", "stopping", "stopped"])
    assert tree.snapshot().state == "stopped"


async def test_a_stop_by_what_a_child_reads_first_is_not_shown_as_running(autojump_clock: object) -> None:
    shown: list[str] = []

    class Stops(Actor):
        async def receive(self, message: object) -> None:
            tree.stop()
            await settle()
            shown.append(tree.snapshot().state)

    tree = Tree(SupervisorSpec("t", [ActorSpec("a", Stops)]))
    tree.ref("a").tell("stop it")
    await tree.run()
    assert shown == ["stopping"]


async def test_a_stop_while_the_root_starts_is_not_shown_as_running(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(SupervisorSpec("t", []))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await trio.lowlevel.checkpoint()
        tree.stop()
    assert tree.snapshot().state == "stopped"
