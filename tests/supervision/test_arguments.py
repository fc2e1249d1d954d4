"""Bad input to a call is refused before anything is done, by name and value."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import pytest
import trio

import supervision
import supervision.testing
from supervision import (
    Actor,
    ActorRef,
    ActorSpec,
    Crashed,
    DynamicRef,
    DynamicSpec,
    InvalidSpec,
    StartFailed,
    Stopped,
    SupervisorRef,
    SupervisorSpec,
    Tree,
    open_tree,
    run_until_signal,
)
from supervision.testing import Do, OverlapDetector, Probe, ProbeLog, Probes, Trace, crash, settle

NAN = float("nan")
SECONDS = [-1, -0.001, NAN, "5", True, 10**400]
TEXTS: list[Any] = [5, None, [], b"a"]
COUNTS = [-1, 1.0, "1", None, True]


class Obedient(Actor):
    async def receive(self, message: object) -> object:
        answer = message(self) if callable(message) else message
        return await answer if inspect.isawaitable(answer) else answer


class Awkward:
    async def __call__(self, event: object) -> None: ...


async def hook(_: object) -> None: ...


HOOKS = [5, "print", hook, partial(hook), Awkward()]

BAD: dict[Callable[..., Any], dict[str, list[Any]]] = {
    Tree.__init__: {
        "spec": [None, "x", ActorSpec("a", Actor)],
        "on_event": HOOKS,
        "stop_within": [*SECONDS, None],
    },
    open_tree: {"spec": [None], "on_event": HOOKS, "stop_within": [*SECONDS, None]},
    run_until_signal: {"tree": [None, "t", SupervisorSpec("t", [])], "on_signal": HOOKS},
    Tree.ref: {"path": TEXTS},
    Tree.dynamic: {"path": TEXTS},
    Tree.supervisor: {"path": TEXTS},
    SupervisorRef.child: {"name": TEXTS},
    SupervisorRef.child_spec: {"name": TEXTS},
    SupervisorRef.start_child: {"spec": [None, "a", Obedient, Actor()]},
    SupervisorRef.stop_child: {"name": TEXTS},
    SupervisorRef.restart_child: {"name": TEXTS},
    SupervisorRef.delete_child: {"name": TEXTS},
    DynamicRef.start_child: {"key": [*TEXTS, "", "a/b", "a b", "x" * 201]},
    DynamicRef.stop_child: {"key": TEXTS},
    DynamicRef.child: {"key": TEXTS},
    DynamicRef.get: {"key": TEXTS},
    ActorRef.ask: {"timeout": SECONDS},
    ActorRef.monitor: {"watcher": [None, "t/a", Actor(), Actor]},
    Actor.after: {"delay": [*SECONDS, None]},
    Actor.start_soon: {"function": [None, 5, "work"]},
    crash: {"ref": [None, "t/a"], "error": [OSError, "no"]},
    settle: {"rounds": [*COUNTS, 0]},
    Trace: {"events": [5, None]},
    Trace.of: {"types": ["x", Actor, Stopped("a", "normal"), None]},
    Trace.names: {"types": [5, ["x"], [Actor]]},
    OverlapDetector: {"found": [None]},
    OverlapDetector.watch: {"factory": [5, None, dict, hook, Obedient()]},
    Do: {"sleep": [*SECONDS, None], "error": ["x", OSError], "stop": [1, None]},
    ProbeLog: {"alive": COUNTS, "lives": COUNTS, "heard": [None], "steps": ["x"]},
    Probe: {"name": TEXTS, "log": [None, {}], "order": ["x"], "start": [3, OSError()]},
    Probes: {"order": [None], "logs": [None], "trace": [None, []]},
    Probes.spec: {"name": [*TEXTS, "a/b"], "starts": [5, None, [None, 3], ["x"], "x"]},
    Probes.make: {"name": TEXTS, "start": [3, OSError()]},
}
"""What each parameter of a public call refuses."""
FREE: dict[Callable[..., Any], set[str]] = {
    Tree.run: {"task_status"},  # trio's
    Tree.snapshot: {"every_child"},  # whatever is true
    ActorRef.tell: {"message"},
    ActorRef.send: {"message"},
    ActorRef.ask: {"message"},
    ActorRef.monitor: {"message"},
    Actor.after: {"message"},
    Actor.receive: {"message"},  # called by the runtime, as are
    Tree.emit: {"event"},
    Tree.end_tree: {"error"},
    Tree.heard_started: {"cell"},
    Tree.heard_declined: {"cell", "reason"},
    Tree.heard_start_failed: {"cell", "error"},
    Tree.heard_ending: {"cell"},
    Tree.heard_ended: {"cell", "end", "error", "lost"},
    Actor.start_soon: {"args"},
    Trace.__call__: {"event"},
    Do: {"answer"},
    Probe.receive: {"message"},
    Probes.spec: {"options"},  # those of ActorSpec: see test_specs, as
    Probes.template: {"options"},
    DynamicRef.start_child: {"args"},
    DynamicRef.restart_child: {"key"},  # refused in any case
    DynamicRef.delete_child: {"key"},
}
"""Parameters that take anything."""
NOT_CALLED = {"AnyEvent", "ChildSpec", "Timer", "Counts", "Node", "Down", "ErrorText"}
"""Types, and what only the runtime makes."""

OTHERS: dict[str, Any] = {
    "spec": SupervisorSpec("t", []),
    "tree": Tree(SupervisorSpec("t", [])),
    "message": "hello",
    "delay": 1,
    "name": "a",
    "log": ProbeLog(),
}


def methods(kind: type) -> Iterator[Callable[..., Any]]:
    return (method for key, method in vars(kind).items() if inspect.isfunction(method) and key[0] != "_")


def public_calls() -> Iterator[Callable[..., Any]]:
    """Every public function, and every public method of what is no value, event or error."""
    for name in sorted(set(supervision.__all__) - NOT_CALLED):
        thing = getattr(supervision, name)
        if not isinstance(thing, type):
            yield thing
        elif not issubclass(thing, Exception) and not hasattr(thing, "to_json"):
            yield from methods(thing)
    yield Tree.__init__
    for thing in vars(supervision.testing).values():
        if getattr(thing, "__module__", "") != supervision.testing.__name__ or thing.__name__[0] == "_":
            continue
        if inspect.isfunction(thing):
            yield thing
        elif not issubclass(thing, Exception):
            yield thing
            yield from methods(thing)


def test_every_parameter_of_every_public_call_is_spoken_of_here() -> None:
    spoken_of = {call: set(BAD.get(call, ())) | FREE.get(call, set()) for call in (*BAD, *FREE)}
    for call in public_calls():
        parameters = set(inspect.signature(call).parameters) - {"self"}
        if call.__module__ != "supervision.policy":  # values: see test_specs
            assert spoken_of.get(call, set()) == parameters, call


async def arrange(tree: Tree, call: Callable[..., Any]) -> Callable[..., Awaitable[object]]:
    """The call, ready for its arguments."""
    actor = tree.ref("a")
    owners = {
        "Tree": tree,
        "SupervisorRef": tree.supervisor(),
        "DynamicRef": tree.dynamic("d"),
        "ActorRef": actor,
        "Trace": Trace(),
        "OverlapDetector": OverlapDetector(),
        "Probes": Probes(),
    }
    owner = None if isinstance(call, type) else owners.get(call.__qualname__.partition(".")[0])

    async def perform(**arguments: object) -> object:
        if call is Tree.__init__:
            return Tree(**arguments)  # type: ignore[arg-type]
        if call is open_tree:
            async with open_tree(**arguments):  # type: ignore[arg-type]
                return None
        if call.__qualname__.startswith("Actor."):
            return await actor.ask(lambda self: call(self, **arguments))
        given = [arguments.pop("types")] if call is Trace.of else []  # `*types`
        answer = call(**arguments) if owner is None else call(owner, *given, **arguments)
        return await answer if inspect.isawaitable(answer) else answer

    return perform


@pytest.mark.parametrize(
    ("call", "name", "value"),
    [
        (call, name, value)
        for call, names in BAD.items()
        for name, values in names.items()
        for value in values
    ],
)
async def test_a_bad_argument_is_refused_by_name_and_value_and_nothing_has_happened(
    autojump_clock: object, call: Callable[..., Any], name: str, value: object
) -> None:
    trace = Trace()
    spec = SupervisorSpec("t", [ActorSpec("a", Obedient), DynamicSpec("d", ActorSpec("w", Obedient))])
    async with open_tree(spec, on_event=trace) as tree:
        needed = {
            key: tree.ref("a") if key == "ref" else OTHERS[key]
            for key, parameter in inspect.signature(call).parameters.items()
            if key in OTHERS | {"ref": 0} and parameter.default is parameter.empty
        }
        perform = await arrange(tree, call)
        in_actor = call.__qualname__.startswith("Actor.")
        before = tree.snapshot(every_child=True)
        with pytest.raises(supervision.ActorCrashed if in_actor else InvalidSpec) as refusal:
            await perform(**needed | {name: value})
        words = str(refusal.value)
        culprit = value[-1] if isinstance(value, list) and name in {"starts", "types"} else value
        assert f": {name} = {culprit!r}"[:60] in words
        assert ": must be " in words
        assert len(words) < 400
        if not in_actor:
            await trio.sleep(10)
            assert tree.snapshot(every_child=True) == before
            assert trace.names() == ["Started t/a", "Started t/d"]


async def test_a_name_of_a_wrong_type_does_not_reach_the_supervisor(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        with pytest.raises(InvalidSpec, match=r"^t: name = \[\]: must be a string$"):
            await tree.supervisor().stop_child([])  # type: ignore[arg-type]
        assert await tree.ref("a").ask("still here") == "still here"


async def test_a_coroutine_instead_of_a_function_is_refused_and_does_not_linger(
    autojump_clock: object,
) -> None:
    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Obedient)])) as tree:
        work = hook(None)
        wrong = (
            "t/a: function = <coroutine object hook at .*>: must be an async function, which is not called"
        )
        with pytest.raises(supervision.ActorCrashed, match=wrong):
            await tree.ref("a").ask(lambda actor: actor.start_soon(work))
        assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED


async def test_a_plain_function_as_a_background_task_is_refused_by_name_and_rule(
    autojump_clock: object, probes: Probes
) -> None:
    def plain() -> None: ...

    async with open_tree(
        SupervisorSpec("t", [ActorSpec("a", Obedient)], intensity=9), on_event=probes.trace
    ) as tree:
        ref = tree.ref("a")
        await ref.ask(lambda actor: actor.start_soon(plain))
        await settle()
        (crashed,) = probes.trace.of(Crashed)
        wrong = "InvalidSpec: start_soon: function = <function test_a_plain.*: must be an async function$"
        assert re.match(wrong, str(crashed.error))
        await ref.ask(lambda actor: actor.start_soon(lambda: hook(None)))  # what it returns is awaited
        await settle()
        assert tree.snapshot().children[0].restarts == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda actor: actor.ref,
        lambda actor: actor.incarnation,
        lambda actor: actor.after(1, "x"),
        lambda actor: actor.start_soon(hook, None),
        lambda actor: actor.stop(),
    ],
    ids=["ref", "incarnation", "after", "start_soon", "stop"],
)
async def test_what_needs_a_tree_says_in_init_that_it_belongs_in_started(
    autojump_clock: object, call: Callable[[Actor], object]
) -> None:
    class Early(Actor):
        def __init__(self) -> None:
            call(self)

    tree = Tree(SupervisorSpec("t", [ActorSpec("a", Early)]))
    with pytest.raises(StartFailed, match=r"t/a: AttributeError: Early is not in a tree yet: .*`started`"):
        await tree.run()


@pytest.mark.parametrize("limit", [0, 0.0, 5, float("inf"), None])
async def test_any_number_of_seconds_is_a_timeout(
    autojump_clock: object, probes: Probes, limit: float | None
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        if limit == 0:
            with pytest.raises(supervision.AskTimeout):
                await tree.ref("a").ask(Do(sleep=1), limit)
        else:
            assert await tree.ref("a").ask("x", limit) == "x"


async def test_a_timer_may_be_due_at_once_or_never(autojump_clock: object) -> None:
    heard: list[object] = []

    class Hears(Actor):
        async def started(self) -> None:
            self.after(0, "now")
            self.after(float("inf"), "never")

        async def receive(self, message: object) -> None:
            heard.append(message)

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Hears)])):
        await trio.sleep(1000)
    assert heard == ["now"]
