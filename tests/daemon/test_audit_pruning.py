"""Old entries of the audit log go, a few at a time; the others stay."""

import logging

import pytest
import trio

from actors.giftcodes.model import Audit, Guild
from actors.ports import Put
from actors.storage import Refusal
from daemon.audit_pruning import AGAIN_AFTER, DAY, AuditActor
from daemon.clock import SteadyClock
from daemon.service import Service
from daemon.service.audit import prune
from daemon.storage import MemoryStore
from supervision import ActorSpec, SupervisorSpec, open_tree

NOW = 1_795_256_285.0


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def service(store: MemoryStore) -> Service:
    return Service(store, SteadyClock(lambda: NOW), lambda: {"wos": "v2"})


async def fill(store: MemoryStore, *ages: float) -> None:
    """Entries by their age in days."""
    entries = [Audit(f"{age:g}", NOW - age * DAY, "77", "501", "setchannel") for age in ages]
    await store.commit(Put(Guild("77", "Snow")), *map(Put, entries))


async def left(store: MemoryStore) -> list[str]:
    return [one.id for one in await store.find(Audit)]


async def test_what_is_older_goes_and_how_many_is_told(service: Service, store: MemoryStore) -> None:
    await fill(store, 1, 364, 366, 900)
    assert await prune(service, NOW - 365 * DAY) == 2
    assert await left(store) == ["1", "364"]
    assert await store.get(Guild, "77") == Guild("77", "Snow")
    batches = len(store.history)
    assert await prune(service, NOW - 365 * DAY) == 0
    assert len(store.history) == batches


async def test_many_go_a_few_at_a_time_and_others_may_change_something_in_between(
    service: Service, store: MemoryStore
) -> None:
    await fill(store, *range(1000, 1900))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(prune, service, NOW - 365 * DAY)
        while len(store.history) < 2:
            await trio.lowlevel.checkpoint()
        async with service.lock:
            await store.commit(Put(Guild("88", "Ice")))
    sizes = [len(batch.changes) for batch in store.history]
    assert sizes.index(1) <= 3
    assert [size for size in sizes if size > 1] == [901, 200, 200, 200, 200, 100]


async def test_it_is_done_at_the_start_and_every_day_also_after_an_outage(
    service: Service, store: MemoryStore, autojump_clock: object
) -> None:
    await fill(store, 364.5, 366)
    store.outages = 3
    async with open_tree(SupervisorSpec("root", [ActorSpec("audit", lambda: AuditActor(service, 365.0))])):
        await trio.sleep(3 * AGAIN_AFTER - 1)
        assert await left(store) == ["364.5", "366"]
        await trio.sleep(2)
        assert await left(store) == ["364.5"]
        await trio.sleep(DAY)
        assert await left(store) == []


class Unreadable(MemoryStore):
    """One in which an entry can't be read."""

    async def find(self, type_: type, **equal: object) -> list:
        await trio.lowlevel.checkpoint()
        raise Refusal("audits/7: is no Audit")


async def test_an_entry_that_can_not_be_read_takes_nobody_else_down(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(Unreadable(), SteadyClock(lambda: NOW), lambda: {"wos": "v2"})
    spec = SupervisorSpec("root", [ActorSpec("audit", lambda: AuditActor(service, 365.0))])
    async with open_tree(spec) as tree:
        await trio.sleep(1.5 * DAY)
        (node,) = tree.snapshot().children
        assert (node.state, node.restarts) == ("running", 0)
    said = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert said == ["The audit log can't be pruned: audits/7: is no Audit"] * 2
