"""Random trees under random disturbances, on the real runtime and a virtual clock."""

from contextlib import suppress
from random import Random
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

STARTS = [
    *[None] * 12,
    Do(sleep=0.5),
    Do(sleep=20),
    Do(error=OSError()),
    Do(error=Decline()),
    Do(error=StopActor()),
    Do(stop=True),
]
ORDERS = [
    "plain",
    Do(sleep=0.25, answer=1),
    Do(sleep=30),
    Do(error=ValueError()),
    Do(sleep=1, error=ValueError()),
    Do(stop=True),
    Do(error=StopActor()),
    Do(error=ExceptionGroup("x", [StopActor()])),
]


def options(dice: Random) -> dict[str, Any]:
    return {
        "kind": dice.choice([Kind.PERMANENT, *Kind]),
        "backoff": dice.choice([None, Backoff(0.5, max=2)]),
        "grace": dice.choice([0, 1, 5]),
        "mailbox": dice.choice([1, 4, 64]),
        "drain": dice.choice([False, True]),
    }


def starts(dice: Random) -> list[Do | None]:
    return dice.choices(STARTS, k=dice.randint(0, 4))


def significant(child: ChildSpec, chosen: bool) -> ChildSpec:
    return attrs.evolve(child, significant=chosen and child.kind is not Kind.PERMANENT)


def random_tree(dice: Random, probes: Probes, name: str = "t", depth: int = 2) -> SupervisorSpec:
    children: list[ChildSpec] = []
    for number in range(dice.choice([0, 1, 2, 3, 3, 3])):
        path = f"{name}{number}"
        what = dice.randint(0, 4 if depth else 2)
        if what == 4:
            children.append(random_tree(dice, probes, path, depth - 1))
        elif what == 3:
            template = probes.template(**options(dice))
            children.append(DynamicSpec(path, template, intensity=dice.randint(0, 3)))
        else:
            children.append(probes.spec(path, starts(dice), **options(dice)))
    shuts = dice.choice([AutoShutdown.NEVER, *AutoShutdown])
    if shuts is not AutoShutdown.NEVER:
        children = [significant(child, dice.choice([False, True])) for child in children]
    return SupervisorSpec(
        name,
        children,
        dice.choice(list(Strategy)),
        dice.choice([0, 3, 20, 20]),
        5.0,
        dice.choice(list(Kind)),
        dice.choice([None, Backoff(1)]),
        auto_shutdown=shuts,
    )


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

    def __init__(self, spec: SupervisorSpec, probes: Probes, dice: Random) -> None:
        self.tree, self.dice = Tree(spec, probes.trace, stop_within=8), dice
        self.actors, self.dynamics = paths(spec, ActorSpec), paths(spec, DynamicSpec)
        self.supervisors = ["", *paths(spec, SupervisorSpec)]
        self.probes = probes
        self.children = 0
        self.added: set[str] = set()
        """The paths of those that were started by hand: a name that is free again begins anew with 1."""
        self.waiting = 0

    def pick(self, *values: Any) -> Any:
        return self.dice.choice(values)

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
            actors = [node.name for node in top.children() if node.kind == "actor"]
            name = self.pick(*actors, f"new{self.children}")
            self.added.add(f"{top.path}/{name}")
            spec = self.probes.spec(f"{top.path.replace('/', '.')}.{name}", starts(self.dice))
            nursery.start_soon(self.attempt, top.start_child, attrs.evolve(spec, name=name))
        else:
            orders = {"stop": top.stop_child, "restart": top.restart_child, "delete": top.delete_child}
            nursery.start_soon(self.attempt, orders[order], self.pick(*names))

    async def disturb(self, nursery: trio.Nursery) -> None:
        ref = self.any_ref()
        crashes = ["crash"] * 5
        match self.pick("tell", "ask", "send", *crashes, "wait", "step", "start", "stop", "hand"):
            case "hand":
                self.by_hand(nursery)
            case "tell" if ref:
                with suppress(SupervisionError):
                    ref.tell(self.pick(*ORDERS))
            case "ask" | "send" as how if ref:
                message = self.pick(*ORDERS)
                nursery.start_soon(self.attempt, ref.ask if how == "ask" else ref.send, message)
            case "crash" if ref:
                crash(ref, self.pick(*[None] * 15, StopTree()))
            case "wait":
                await trio.sleep(self.pick(0.1, 0.1, 1.0, 7.0))
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
                nursery.start_soon(self.run, self.pick(2.0, 1000.0, 1000.0))
                await trio.sleep(self.pick(0, 0.25, 0.25, 21))
                for _ in range(self.pick(0, 10, 30, 30)):
                    await self.disturb(nursery)
                    for _ in range(self.pick(0, 1, 5)):
                        await trio.lowlevel.checkpoint()
                self.pick(Tree.stop, Tree.stop, Tree.cancel)(self.tree)
                await self.disturb(nursery)


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=True))  # drawn one by one, most trees would be all but empty
def test_nothing_hangs_nothing_overlaps_and_nothing_is_left(dice: Random) -> None:
    probes = Probes()
    run = Run(random_tree(dice, probes), probes, dice)
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
    lives: dict[str, list[int]] = {}
    for event in probes.trace.events:
        if isinstance(event, Started) and event.path not in run.added:
            lives.setdefault(event.path, []).append(event.incarnation)
    assert all(numbers == sorted(set(numbers)) for numbers in lives.values()), "no incarnation twice"
