"""An actor ends the whole tree: nobody starts it again meanwhile, however long the others take."""

from contextlib import suppress

import pytest
import trio

from supervision import (
    ActorSpec,
    AutoShutdown,
    Backoff,
    DynamicSpec,
    GaveUp,
    Kind,
    StopTree,
    SupervisorSpec,
    Tree,
)
from supervision.testing import Do, Probes, crash

pytestmark = pytest.mark.usefixtures("any_order")


@pytest.mark.parametrize("error", [StopTree("enough"), SystemExit(3)], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("backoff", [None, Backoff(1)], ids=["at once", "after a while"])
@pytest.mark.parametrize("how", ["start_failed", "gave_up", "shutdown"])
async def test_who_ends_the_tree_is_not_started_again_with_its_supervisor(
    autojump_clock: object, probes: Probes, how: str, backoff: Backoff | None, error: BaseException
) -> None:
    starts = [None, Do(error=error)] if how == "start_failed" else []
    child = probes.spec("x", starts, kind=Kind.TRANSIENT, significant=how == "shutdown")
    inner = SupervisorSpec(
        "in", [child, probes.spec("y")], intensity=0, backoff=backoff, auto_shutdown=AutoShutdown.ANY
    )
    outer = SupervisorSpec("p", [inner], intensity=3, backoff=backoff)
    tree = Tree(SupervisorSpec("t", [outer, probes.spec("z")], intensity=3), probes.trace)
    tree.ref("z").tell(Do(sleep=4))  # all others live that long
    match how:
        case "start_failed":
            tree.ref("p/in/x").tell(Do(error=OSError("a plain crash first")))
        case "gave_up":
            tree.ref("p/in/x").tell(Do(error=error))
            tree.ref("p/in/y").tell(Do(sleep=1, error=OSError("while z is stopping")))
        case _:
            tree.ref("p/in/x").tell(Do(error=error))
    with suppress(SystemExit):
        await tree.run()
    assert probes.logs["x"].lives == 1 + len(starts[1:])
    assert probes.logs["z"].steps == ["start", "stop"]
    assert [event.path for event in probes.trace.of(GaveUp)] == ["t/p/in"] * (how != "shutdown")


async def test_a_branch_that_stops_with_the_tree_ends_for_good_with_it_not_before(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("x")])
    tree = Tree(SupervisorSpec("t", [probes.spec("watcher"), inner, probes.spec("z")]), probes.trace)
    tree.ref("in/x").monitor(tree.ref("watcher"))
    tree.ref("watcher").tell(Do(sleep=4))
    tree.ref("z").tell(Do(error=StopTree("enough")))
    seen: list[bool] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await trio.sleep(1)
        seen.append(tree.ref("in/x").alive)
    assert probes.did()[3:] == ["crash z", "stop x", "stop watcher"]
    assert [*seen, tree.ref("in/x").alive] == [True, False]


async def test_no_start_is_tried_again_when_an_actor_has_ended_the_tree(
    autojump_clock: object, probes: Probes
) -> None:
    fails = Do(error=OSError("still no network"))
    inner = SupervisorSpec("in", [probes.spec("x", [None, *[fails] * 9], backoff=Backoff(1))], intensity=9)
    orders = iter([None, *[fails] * 9])
    template = ActorSpec("worker", lambda: probes.make("k", next(orders)), backoff=Backoff(1))
    others = [probes.spec("y", grace=20), probes.spec("z")]
    tree = Tree(SupervisorSpec("t", [inner, DynamicSpec("d", template), *others]))

    async def disturb() -> None:
        crash(tree.ref("in/x"))
        crash(await tree.dynamic("d").start_child("k"))
        await trio.sleep(0.5)
        tree.ref("y").tell(Do(sleep=9))
        tree.ref("z").tell(Do(error=StopTree("enough")))

    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        nursery.start_soon(disturb)
    assert trio.current_time() == 9.5
    assert [probes.logs[name].lives for name in "xk"] == [2, 2]
