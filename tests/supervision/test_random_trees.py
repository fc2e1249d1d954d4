"""Random trees under random disturbances, on the real runtime and a virtual clock."""

from contextlib import suppress
from typing import Any

import attrs
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision import (
    ActorRef,
    ActorSpec,
    AutoShutdown,
    Backoff,
    ChildSpec,
    Crashed,
    Decline,
    DynamicSpec,
    Kind,
    Started,
    StartError,
    StartFailed,
    StopActor,
    StopTree,
    Strategy,
    SupervisionError,
    SupervisorSpec,
    Tree,
    TreeFailed,
)
from supervision.testing import Do, Probes, crash

OPTIONS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(Kind),
        "backoff": st.none() | st.just(Backoff(0.5, max=2)),
        "grace": st.sampled_from([0, 1, 5]),
        "mailbox": st.sampled_from([1, 4, 64]),
        "drain": st.booleans(),
    }
)
STARTS = st.lists(
    st.sampled_from(
        [None] * 4
        + [
            Do(sleep=0.5),
            Do(sleep=20),
            Do(error=OSError()),
            Do(error=Decline()),
            Do(error=StopActor()),
            Do(stop=True),
        ]
    ),
    max_size=4,
)
ORDERS = st.sampled_from(
    [
        "plain",
        Do(sleep=0.25, answer=1),
        Do(sleep=30),
        Do(error=ValueError()),
        Do(sleep=1, error=ValueError()),
        Do(stop=True),
        Do(error=StopActor()),
        Do(error=ExceptionGroup("x", [StopActor()])),
    ]
)


def significant(child: ChildSpec, chosen: bool) -> ChildSpec:
    return attrs.evolve(child, significant=chosen and child.kind is not Kind.PERMANENT)


@st.composite
def trees(draw: st.DrawFn, probes: Probes, name: str = "t", depth: int = 2) -> SupervisorSpec:
    children: list[ChildSpec] = []
    for number in range(draw(st.integers(0, 3))):
        path = f"{name}{number}"
        what = draw(st.integers(0, 4 if depth else 2))
        if what == 4:
            children.append(draw(trees(probes, path, depth - 1)))
        elif what == 3:
            children.append(
                DynamicSpec(path, probes.template(**draw(OPTIONS)), intensity=draw(st.integers(0, 3)))
            )
        else:
            children.append(probes.spec(path, draw(STARTS), **draw(OPTIONS)))
    strategy, intensity, kind = (
        draw(st.sampled_from(Strategy)),
        draw(st.integers(0, 4)),
        draw(st.sampled_from(Kind)),
    )
    shuts = draw(st.sampled_from([AutoShutdown.NEVER, *AutoShutdown]))
    if shuts is not AutoShutdown.NEVER:
        children = [significant(child, draw(st.booleans())) for child in children]
    backoff = draw(st.none() | st.just(Backoff(1)))
    return SupervisorSpec(name, children, strategy, intensity, 5.0, kind, backoff, auto_shutdown=shuts)


def paths(spec: SupervisorSpec, kind: type[ChildSpec], above: str = "") -> list[str]:
    found = []
    for child in spec.children:
        if isinstance(child, kind):
            found.append(above + child.name)
        if isinstance(child, SupervisorSpec):
            found += paths(child, kind, f"{above}{child.name}/")
    return found


class Run:
    """One run of a tree: what is done to it, and what is still waited for."""

    def __init__(self, spec: SupervisorSpec, probes: Probes, data: st.DataObject) -> None:
        self.tree, self.data = Tree(spec, probes.trace, stop_within=8), data
        self.actors, self.dynamics = paths(spec, ActorSpec), paths(spec, DynamicSpec)
        self.supervisors = ["", *paths(spec, SupervisorSpec)]
        self.probes = probes
        self.children = 0
        self.waiting = 0

    def pick(self, *values: Any) -> Any:
        return self.data.draw(st.sampled_from(values))

    def any_ref(self) -> ActorRef | None:
        refs = [self.tree.ref(path) for path in self.actors]
        for path in self.dynamics:
            refs += [ref for ref in map(self.tree.dynamic(path).get, self.tree.dynamic(path).keys()) if ref]
        return self.pick(*refs) if refs else None

    async def attempt(self, function: Any, *arguments: Any) -> None:
        self.waiting += 1
        with suppress(SupervisionError):
            await function(*arguments)
        self.waiting -= 1

    def by_hand(self, nursery: trio.Nursery) -> None:
        top = self.tree.supervisor(self.pick(*self.supervisors))
        names = [node.name for node in top.children()] or ["nobody"]
        order = self.pick("stop", "stop", "restart", "delete", "start")
        if order == "start":
            self.children += 1
            name = self.pick(*names, f"new{self.children}")
            spec = self.probes.spec(f"{top.path.replace('/', '.')}.{name}", self.data.draw(STARTS))
            nursery.start_soon(self.attempt, top.start_child, attrs.evolve(spec, name=name))
        else:
            orders = {"stop": top.stop_child, "restart": top.restart_child, "delete": top.delete_child}
            nursery.start_soon(self.attempt, orders[order], self.pick(*names))

    async def disturb(self, nursery: trio.Nursery) -> None:
        ref = self.any_ref()
        match self.pick(
            "tell", "ask", "send", "crash", "crash", "wait", "step", "start", "stop", "hand", "hand"
        ):
            case "hand":
                self.by_hand(nursery)
            case "tell" if ref:
                with suppress(SupervisionError):
                    ref.tell(self.data.draw(ORDERS))
            case "ask" | "send" as how if ref:
                message = self.data.draw(ORDERS)
                nursery.start_soon(self.attempt, ref.ask if how == "ask" else ref.send, message)
            case "crash" if ref:
                crash(ref, self.pick(None, None, None, None, StopTree()))
            case "wait":
                await trio.sleep(self.pick(0.1, 1.0, 7.0))
            case "start" if self.dynamics:
                key, self.children = str(self.children), self.children + 1
                order = self.pick(None, Do(sleep=1), Do(error=OSError()), Do(error=StopActor()))
                child = self.tree.dynamic(self.pick(*self.dynamics))
                nursery.start_soon(self.attempt, child.start_child, key, key, order)
            case "stop" if self.dynamics:
                child = self.tree.dynamic(self.pick(*self.dynamics))
                nursery.start_soon(self.attempt, child.stop_child, self.pick("0", "1", "2"))
            case _:
                await trio.lowlevel.checkpoint()

    async def run(self, seconds: float) -> None:
        with suppress(StartFailed, TreeFailed), trio.move_on_after(seconds):
            await self.tree.run()

    async def main(self) -> None:
        with trio.fail_after(10_000):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.run, self.pick(2.0, 1000.0))
                for _ in range(self.pick(0, 3, 10, 30)):
                    await self.disturb(nursery)
                self.pick(Tree.stop, Tree.stop, Tree.cancel)(self.tree)
                await self.disturb(nursery)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_hangs_nothing_overlaps_and_nothing_is_left(data: st.DataObject) -> None:
    probes = Probes()
    run = Run(data.draw(trees(probes)), probes, data)
    trio.run(run.main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert run.waiting == 0
    assert all(log.alive == 0 for log in probes.logs.values())
    assert all(not run.tree.ref(path).alive for path in run.actors)
    assert all(len(run.tree.dynamic(path)) == 0 for path in run.dynamics)
    errors = [event.error.type for event in probes.trace.events if isinstance(event, Crashed | StartError)]
    assert set(errors) <= {"ValueError", "OSError", "Injected", "StopTree", "StartFailed"}
    nodes = [run.tree.snapshot()]
    for node in nodes:
        assert node.state == "stopped"
        nodes += node.children
    lives = [(event.path, event.incarnation) for event in probes.trace.events if isinstance(event, Started)]
    assert len(lives) == len(set(lives)) or run.children
