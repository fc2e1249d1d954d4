"""How many questions Discord is asked at once when many sessions look at their threads: the real hikari."""

from collections.abc import Callable
from http import HTTPStatus

import trio

from actors.ports import Put
from actors.vip.messages import ThreadsResync
from actors.vip.model import AccountState, SessionState, VIPAccount, VIPSession
from actors.vip.parts import READING_AT_ONCE
from actors.vip.policy import VIPPolicy
from daemon.assembly_vip import OFFICE, VIPParts, vip_spec
from daemon.clock import SteadyClock
from supervision import SupervisorSpec, Tree
from tests.worlds.discord.faults import Hang
from tests.worlds.vip import Life, PlainPlanner, World, WorldPeople
from tests.worlds.vip_counter import Counter, open_counter
from tests.worlds.vip_ports import WorldDesk

SESSIONS = 25
SETTLED = 0.3


async def test_many_sessions_ask_discord_a_few_questions_at_once() -> None:
    async with open_counter() as counter, counter.perkd(), counter.bot(off=True):
        parts = await _sessions(counter, lambda: tree)
        tree = Tree(SupervisorSpec("perkd", [vip_spec(parts)]))
        await _let_hikari_know_the_limits(counter)
        async with trio.open_nursery() as nursery:
            looks, reads = _hang(counter)
            await nursery.start(tree.run)
            await _a_few_at_once(counter, looks, reads)  # after a start
            looks, reads = _hang(counter)
            tree.ref(OFFICE).tell(ThreadsResync())
            await _a_few_at_once(counter, looks, reads)  # and in a new session of the gateway
            tree.stop()
        assert not [one for one in counter.discord.requests if one[2] == HTTPStatus.TOO_MANY_REQUESTS]


async def _let_hikari_know_the_limits(counter: Counter) -> None:
    """Until it has seen an answer of a kind, it asks one question of that kind at a time by itself."""
    threads, first = counter.vip.threads, next(iter(counter.vip.live.all()))
    await threads.fetch(first)
    await threads.history(first, first, 1)


def _hang(counter: Counter) -> tuple[Hang, Hang]:
    faults = counter.discord.faults
    return faults.hang("GET", "/channels/*"), faults.hang("GET", "/channels/*/messages")


async def _a_few_at_once(counter: Counter, looks: Hang, reads: Hang) -> None:
    """Each look is followed by a reading: what is let go is soon held again, until all have been read."""
    before = _readings(counter)
    await counter.until(lambda: looks.waiting + reads.waiting >= READING_AT_ONCE)
    await trio.sleep(SETTLED)
    assert looks.waiting + reads.waiting == READING_AT_ONCE
    looks.release()
    await counter.until(lambda: reads.waiting >= READING_AT_ONCE)
    await trio.sleep(SETTLED)
    assert reads.waiting == READING_AT_ONCE
    counter.discord.faults.clear()
    await counter.until(lambda: _readings(counter) >= before + SESSIONS)
    await trio.sleep(SETTLED)  # who reads yet when all are told to read again leaves an answer behind


def _readings(counter: Counter) -> int:
    return sum(method == "GET" and path.endswith("/messages") for method, path, _ in counter.discord.requests)


async def _sessions(counter: Counter, tree: Callable[[], Tree]) -> VIPParts:
    """So many that are stored and open, each with its thread and its account."""
    life, world = Life(), World()
    for number in range(SESSIONS):
        member = counter.guild.add_member(f"m{number}")
        thread, account = counter.thread(member), f"a{number}"
        session = VIPSession(
            counter.guild.id,
            member.id,
            f"{number:06d}",
            SessionState.OPEN,
            1.0,
            account=account,
            epoch=1,
            thread=thread.id,
            member_added=True,
            desk_from="1",
            welcome=thread.id,
        )
        leased = VIPAccount(account, AccountState.LEASED, epoch=1, session=session.id, member=session.key)
        await counter.store.commit(Put(session), Put(leased))
    people = WorldPeople(world)
    return VIPParts(
        tree=tree,
        store=lambda: counter.store,
        clock=SteadyClock(),
        threads=counter.vip.threads,
        desk=WorldDesk(world, life),
        answers=people,
        staff=people,
        planner=PlainPlanner(),
        policy=lambda: VIPPolicy(inactivity=0.0),
        accounts=tuple(f"a{number}" for number in range(SESSIONS)),
    )
