"""The way from the accounts to the pool: in order, and nothing is lost on it."""

import trio
from attrs import define, field

from actors.vip.pool_messages import DeskResync
from daemon.vip.pool_line import PoolLine
from supervision import Actor, ActorSpec, Backoff, SupervisorSpec, open_tree
from supervision.testing import crash


@define(eq=False)
class Pool(Actor):
    """Notes what it is told, once the gate is open."""

    heard: list[str]
    gate: trio.Event

    async def receive(self, message: object) -> None:
        await self.gate.wait()
        assert isinstance(message, DeskResync)
        self.heard.append(message.account)


@define
class Case:
    heard: list[str] = field(factory=list)
    gate: trio.Event = field(factory=trio.Event)

    def spec(self) -> SupervisorSpec:
        backoff = Backoff(min=5.0, max=5.0)
        pool = ActorSpec("pool", lambda: Pool(self.heard, self.gate), mailbox=2, backoff=backoff)
        return SupervisorSpec("test", [pool], intensity=10, period=60.0)

    async def tell(self, line: PoolLine, count: int) -> None:
        for number in range(count):
            await line(DeskResync(f"{number}"))


async def test_a_pool_whose_mailbox_is_full_is_waited_for(autojump_clock: object) -> None:
    case = Case()
    async with open_tree(case.spec()) as tree, trio.open_nursery() as nursery:
        nursery.start_soon(case.tell, PoolLine(tree.ref("pool")), 10)
        await trio.sleep(100)
        assert case.heard == []
        case.gate.set()
        await trio.sleep(1)
        assert case.heard == [f"{number}" for number in range(10)]


async def test_what_comes_while_the_pool_is_restarted_is_told_to_the_next_one(autojump_clock: object) -> None:
    case = Case()
    case.gate.set()
    async with open_tree(case.spec()) as tree:
        line = PoolLine(tree.ref("pool"))
        await case.tell(line, 1)
        await trio.sleep(1)
        crash(tree.ref("pool"))
        await trio.sleep(1)
        with trio.fail_after(1):
            await line(DeskResync("meanwhile"))
        assert case.heard == ["0"]
        await trio.sleep(10)
        assert case.heard == ["0", "meanwhile"]


async def test_a_pool_that_is_gone_for_good_is_no_crash_of_who_tells_it(autojump_clock: object) -> None:
    case = Case()
    async with open_tree(case.spec()) as tree:
        line = PoolLine(tree.ref("pool"))
    with trio.move_on_after(600) as scope:
        await line(DeskResync("late"))
    assert scope.cancelled_caught
