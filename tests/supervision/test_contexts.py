"""Context variables: what a caller has set is no business of an actor, nor an incarnation's of the next."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

import pytest
import trio

from supervision import Actor, ActorSpec, DynamicSpec, Kind, SupervisorSpec, Tree, open_tree
from supervision.testing import crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


class Curious(Actor):
    """Answers with what it finds; sets what it is told; finds out in the background as well."""

    async def started(self) -> None:
        self.found = [WHO.get()]
        self.start_soon(self._look)

    async def _look(self) -> None:
        self.found.append(WHO.get())
        WHO.set("the background")

    async def receive(self, message: object) -> list[str]:
        if isinstance(message, str):
            WHO.set(message)
        return [*self.found, WHO.get()]


CLEAN = ["nobody"] * 3
SPEC = SupervisorSpec("t", [ActorSpec("a", Curious), DynamicSpec("d", ActorSpec("w", Curious))], intensity=9)


async def _by_stop_and_restart(tree: Tree) -> None:
    await tree.supervisor().stop_child("a")
    await tree.supervisor().restart_child("a")


async def _by_delete_and_start(tree: Tree) -> None:
    await tree.supervisor().stop_child("a")
    await tree.supervisor().delete_child("a")
    await tree.supervisor().start_child(ActorSpec("a", Curious))


async def _by_crash(tree: Tree) -> None:
    crash(tree.ref("a"))
    await settle()


async def _by_nothing(tree: Tree) -> None:
    await settle()


@pytest.mark.parametrize("start", [_by_stop_and_restart, _by_delete_and_start, _by_crash, _by_nothing])
async def test_whoever_starts_or_asks_an_actor_its_context_stays_outside(
    autojump_clock: object, start: Callable[[Tree], Awaitable[None]]
) -> None:
    async with open_tree(SPEC) as tree:
        WHO.set("the caller")
        await start(tree)
        assert await tree.ref("a").ask(None) == CLEAN
        assert WHO.get() == "the caller"


async def test_a_dynamic_child_does_not_inherit_the_context_of_who_starts_it(autojump_clock: object) -> None:
    async with open_tree(SPEC) as tree:
        WHO.set("the caller")
        ref = await tree.dynamic("d").start_child("1")
        assert await ref.ask(None) == CLEAN


async def test_what_one_incarnation_sets_the_next_does_not_see(autojump_clock: object) -> None:
    async with open_tree(SPEC) as tree:
        assert (await tree.ref("a").ask("first life"))[-1] == "first life"
        crash(tree.ref("a"))
        await settle()
        assert await tree.ref("a").ask(None) == CLEAN


async def test_what_one_actor_sets_its_siblings_do_not_see(autojump_clock: object) -> None:
    spec = SupervisorSpec("t", [ActorSpec(name, Curious) for name in "ab"])
    async with open_tree(spec) as tree:
        await tree.ref("a").ask("a")
        assert await tree.ref("b").ask(None) == CLEAN


async def test_what_an_actor_sets_as_it_starts_those_started_after_it_do_not_see(
    autojump_clock: object,
) -> None:
    class Sets(Curious):
        async def started(self) -> None:
            WHO.set("the one before")
            await super().started()

    inner = SupervisorSpec("in", [ActorSpec("a", Curious)])
    spec = SupervisorSpec("t", [ActorSpec("s", Sets), inner, DynamicSpec("d", ActorSpec("w", Curious))])
    async with open_tree(spec) as tree:
        assert await tree.ref("in/a").ask(None) == CLEAN
        worker = await tree.dynamic("d").start_child("1")
        assert await worker.ask(None) == CLEAN


async def test_a_timer_and_a_notice_bring_no_context_along(autojump_clock: object) -> None:
    seen: list[str] = []

    class Watcher(Actor):
        async def receive(self, message: object) -> None:
            seen.append(WHO.get())
            if message == "arm":
                self.after(1, "timer")

    spec = SupervisorSpec("t", [ActorSpec("w", Watcher), ActorSpec("a", Curious, Kind.TEMPORARY)])
    async with open_tree(spec) as tree:
        WHO.set("the caller")
        tree.ref("w").tell("arm")
        tree.ref("a").monitor(tree.ref("w"))
        crash(tree.ref("a"))
        await trio.sleep(5)
    assert seen == ["nobody"] * 3
