"""Actors that ask each other in a ring."""

from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
import trio

from supervision import (
    Actor,
    ActorCrashed,
    ActorRef,
    ActorSpec,
    AskCycle,
    AskTimeout,
    SupervisorSpec,
    open_tree,
)
from supervision.testing import settle

pytestmark = pytest.mark.usefixtures("any_order")


class Caller(Actor):
    """Does what it is told, with its own hands."""

    async def receive(self, message: object) -> object:
        return await message(self) if callable(message) else message


Errand = Callable[[Caller], Awaitable[object]]


def errand(ref: ActorRef, message: object) -> Errand:
    async def run(_: Caller) -> object:
        return await ref.ask(message)

    return run


def callers(*names: str) -> SupervisorSpec:
    return SupervisorSpec("t", [ActorSpec(name, Caller) for name in names], intensity=9)


async def test_asking_oneself_fails_at_once(autojump_clock: object) -> None:
    async with open_tree(callers("a")) as tree:
        with pytest.raises(ActorCrashed, match="t/a → t/a while"):
            await tree.ref("a").ask(errand(tree.ref("a"), 1))
        assert trio.current_time() == 0


async def test_a_ring_of_askers_fails_at_once_and_names_the_way(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b", "c")) as tree:
        a, b, c = (tree.ref(name) for name in "abc")
        with pytest.raises(ActorCrashed, match="t/c → t/a → t/b → t/c"):
            await a.ask(errand(b, errand(c, errand(a, 1))))
        assert trio.current_time() == 0


async def test_whose_answer_has_come_may_ask_back(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b")) as tree:
        a, b = tree.ref("a"), tree.ref("b")
        assert await a.ask(errand(b, "there")) == "there"
        assert await b.ask(errand(a, "and back")) == "and back"


async def test_a_ring_through_one_of_several_parallel_questions_is_found(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b", "c")) as tree:
        a, b, c = (tree.ref(name) for name in "abc")
        seen: list[str] = []

        async def back(_: Caller) -> None:
            await trio.sleep(1)
            try:
                await a.ask("are you there?")
            except AskCycle as cycle:
                seen.append(str(cycle))

        async def wait(_: Caller) -> None:
            await trio.sleep(3)

        async def both(_: Caller) -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(c.ask, wait)
                await trio.sleep(0.5)
                nursery.start_soon(b.ask, back)

        await a.ask(both)
        assert seen == ["asking in a ring can't be answered: t/b → t/a → t/b"]


async def test_asking_the_same_one_over_two_ways_is_no_ring(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b", "c", "d")) as tree:
        a, b, c, d = (tree.ref(name) for name in "abcd")

        async def slowly(_: Caller) -> int:
            await trio.sleep(1)
            return 1

        async def both(_: Caller) -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(b.ask, errand(d, slowly))
                nursery.start_soon(c.ask, errand(d, slowly))

        await a.ask(both)
        assert trio.current_time() == 2


async def test_of_many_ways_between_two_each_actor_is_looked_at_once(autojump_clock: object) -> None:
    names = [f"{number}" for number in range(40)]
    async with open_tree(callers(*names)) as tree:
        refs = [tree.ref(name) for name in names]

        def twice(ref: ActorRef) -> Errand:
            async def run(_: Caller) -> None:
                async with trio.open_nursery() as nursery:
                    for _ in range(2):
                        nursery.start_soon(ref.ask, wait, None)

            return run

        async def wait(_: Caller) -> None:
            await trio.sleep(1)

        refs[-1].tell(wait)
        for asker, asked in reversed([*pairwise(refs)]):
            asker.tell(twice(asked))
            await settle(1)
        assert await refs[0].ask("done", None) == "done"
        assert {node.restarts for node in tree.snapshot().children} == {0}


async def test_asking_again_after_a_ring_or_a_timeout_is_fine(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b")) as tree:
        a, b = tree.ref("a"), tree.ref("b")

        async def slowly(_: Caller) -> None:
            await trio.sleep(3)

        async def stubborn(_: Caller) -> object:
            with pytest.raises(AskCycle):
                await a.ask(1)
            with pytest.raises(AskTimeout):
                await b.ask(slowly, 1)
            return await b.ask(7)

        assert await a.ask(stubborn) == 7


async def test_a_background_task_may_ask_its_own_actor(autojump_clock: object) -> None:
    answers: list[object] = []

    class Curious(Caller):
        async def started(self) -> None:
            self.start_soon(self.wonder)

        async def wonder(self) -> None:
            answers.append(await self.ref.ask("who am I?"))

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Curious)])):
        await settle()
    assert answers == ["who am I?"]


async def test_what_a_handler_starts_in_the_nursery_of_another_may_ask_it(autojump_clock: object) -> None:
    answers: list[object] = []

    async with trio.open_nursery() as nursery, open_tree(callers("a", "b")) as tree:
        a, b = tree.ref("a"), tree.ref("b")

        async def wonder() -> None:
            answers.append(await a.ask("who am I?"))
            await tree.supervisor().stop_child("a")
            answers.append(a.alive)

        async def hand_over(_: Caller) -> None:
            nursery.start_soon(wonder)

        async def hand_over_in_a_nursery_of_its_own(_: Caller) -> None:
            async with trio.open_nursery() as own:
                own.start_soon(wonder)

        await a.ask(hand_over)
        await settle()
        assert answers == ["who am I?", False]
        await tree.supervisor().restart_child("a")
        with pytest.raises(ActorCrashed, match="t/a → t/a while"):
            await a.ask(hand_over_in_a_nursery_of_its_own)
        assert await b.ask("still here") == "still here"


async def test_an_actor_may_stop_others_also_its_namesake_in_another_tree(autojump_clock: object) -> None:
    async with open_tree(callers("a")) as other, open_tree(callers("a", "ab")) as tree:

        async def stop_the_others(_: Caller) -> None:
            await other.supervisor().stop_child("a")
            await tree.supervisor().stop_child("ab")

        await tree.ref("a").ask(stop_the_others)
        assert not other.ref("a").alive
        assert not tree.ref("ab").alive
        assert await tree.ref("a").ask("still here") == "still here"
