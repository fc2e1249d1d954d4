"""Hundreds of live VIP sessions, for the probes: in-process ports, and the real store in a file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

import trio
from attrs import define, field

from actors.ports import Put
from actors.storage import StoreClient
from actors.vip.messages import Click, Member, ThreadPosted
from actors.vip.model import AccountState, SessionState, VIPAccount, VIPSession
from actors.vip.pacing import Pacing
from actors.vip.parts import READING_AT_ONCE
from actors.vip.policy import VIPPolicy
from actors.vip.pool_messages import DeskPosted
from actors.vip.ports import Content, Lease
from actors.writer import StorageActor
from daemon.assembly_vip import ACCOUNT_POOL, OFFICE, VIPParts, vip_spec
from daemon.clock import SteadyClock
from daemon.storage import SQLiteBackend
from supervision import ActorSpec, SupervisorSpec, Tree, open_tree
from supervision.testing import Trace
from tests.worlds.vip import GUILD, Life, PlainPlanner, Thread, World, WorldPeople
from tests.worlds.vip_ports import WorldDesk, WorldThreads

STORAGE = "storage"
PATIENCE = 120.0
QUICK, CALM = 10_000.0, 150.0
"""Questions a second at a start, in place of the 15 that Discord takes, with which a start takes minutes:
so many that none waits, and so few that sessions start one after another, as they do with 15.
"""


@define(eq=False)
class Hall:
    """`sessions` members, each with an open session, thread and account; as many accounts are free."""

    directory: Path
    sessions: int
    spare: int = 0
    pace: float = QUICK
    clock: SteadyClock = field(factory=SteadyClock)
    world: World = field(init=False)
    sent_at: dict[object, float] = field(factory=dict)
    """By body: when the other side was asked to take it."""
    store: StoreClient = field(init=False)
    tree: Tree = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.world = World(now=self.clock.now)

    @asynccontextmanager
    async def stored(self) -> AsyncIterator["Hall"]:
        """The records are in the store, which runs; nothing else does."""
        async with open_tree(SupervisorSpec("storing", [self._storage()])) as tree:
            self.store = StoreClient(tree.ref(STORAGE), timeout=60.0)
            for number in range(self.sessions + self.spare):
                await self.store.commit(*self._records(number))
            await self.store.find(VIPSession)
            yield self

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Hall"]:
        """The whole VIP half."""
        self.tree = Tree(SupervisorSpec("bench", [self._vip()]), Trace())
        async with trio.open_nursery() as nursery:
            await nursery.start(self.tree.run)
            try:
                yield self
            finally:
                self.tree.stop()

    def _storage(self) -> ActorSpec:
        path = self.directory / "perkd.sqlite3"
        return ActorSpec(STORAGE, lambda: StorageActor(lambda: SQLiteBackend(path)))

    def _vip(self) -> SupervisorSpec:
        life, people = Life(), WorldPeople(self.world)
        self.world.steps.life = life
        names = tuple(f"a{number}" for number in range(self.sessions + self.spare))
        return vip_spec(
            VIPParts(
                tree=lambda: self.tree,
                store=lambda: self.store,
                clock=self.clock,
                threads=TimedThreads(self.world, life, self.sent_at),
                desk=TimedDesk(self.world, life, self.sent_at),
                answers=people,
                staff=people,
                planner=PlainPlanner(),
                policy=VIPPolicy,
                accounts=names,
                reading=Pacing(READING_AT_ONCE, self.pace),
            )
        )

    def _records(self, number: int) -> list[Put]:
        """A member's session as it is after its opening; behind the last member there are free accounts."""
        account, member = f"a{number}", _member(number)
        if number >= self.sessions:
            return [Put(VIPAccount(account, AccountState.FREE))]
        now, id_ = self.clock.now(), f"{number:06d}"
        thread = Thread(self.world.next_id(), GUILD, f"name {id_}", {member})
        self.world.threads[thread.id] = thread
        self.world.chat(account)
        session = VIPSession(
            GUILD,
            member,
            id_,
            SessionState.OPEN,
            now,
            account=account,
            epoch=1,
            thread=thread.id,
            member_added=True,
            desk_from=self.world.next_id(),
            welcome=self.world.next_id(),
            opened_at=now,
            active_at=now,
        )
        return [Put(session), Put(VIPAccount(account, AccountState.LEASED, "", 1, id_, session.key, now))]

    # --- people ---------------------------------------------------------------------------------

    def ask(self, number: int, body: str, *, told: bool = True) -> None:
        """A member writes in the thread."""
        thread = list(self.world.threads)[number]
        message = self.world.post_in_thread(thread, _member(number), body)
        if told:
            self.tree.ref(OFFICE).tell(ThreadPosted(thread, message))

    def answer(self, number: int, body: str) -> None:
        """The desk writes to a member."""
        message = self.world.post_at_desk(f"a{number}", body)
        self.tree.ref(ACCOUNT_POOL).tell(DeskPosted(f"a{number}", message))

    def click(self, member: str, ticket: str) -> None:
        """A member presses the button."""
        self.tree.ref(OFFICE).tell(Click(Member(GUILD, member), ticket, f"name-{member}"))

    async def until_sent(self, count: int) -> None:
        """So many messages have gone to the other side."""
        with trio.fail_after(PATIENCE):
            while len(self.sent_at) < count:  # noqa: ASYNC110 - a probe does not disturb what it measures
                await trio.sleep(0.002)


def _member(number: int) -> str:
    return str(10_000 + number)


@define(eq=False)
class TimedThreads(WorldThreads):
    """Keeps when something was to be posted."""

    sent_at: dict[object, float]

    async def send(self, thread: str, content: Content, nonce: str, reply_to: str = "") -> str:
        """See `Threads.send`."""
        self.sent_at.setdefault(content.body, perf_counter())
        return await super().send(thread, content, nonce, reply_to)


@define(eq=False)
class TimedDesk(WorldDesk):
    """Keeps when something was to be sent."""

    sent_at: dict[object, float]

    async def send(self, lease: Lease, content: Content, random_id: int, reply_to: str = "") -> str:
        """See `Desk.send`."""
        self.sent_at.setdefault(content.body, perf_counter())
        return await super().send(lease, content, random_id, reply_to)
