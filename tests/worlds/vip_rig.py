"""The whole VIP half on the virtual clock, in a world in the same process; lives may end at any step."""

import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import trio
from attrs import define, evolve, field

from actors.vip.epochs import Epochs
from actors.vip.live_threads import LiveThreads
from actors.vip.messages import (
    ClearSession,
    Click,
    Member,
    Staff,
    ThreadDeleted,
    ThreadEdited,
    ThreadEnded,
    ThreadPosted,
    VIPNumbers,
    VIPStatus,
)
from actors.vip.model import (
    AccountState,
    ClosedVIPSession,
    Crossing,
    EndReason,
    SessionState,
    VIPAccount,
    VIPSession,
)
from actors.vip.policy import VIPPolicy
from actors.vip.pool_messages import DeskDeleted, DeskEdited, DeskPosted, PoolStatus
from actors.vip.ports import Planner
from actors.vip.words import Notice, Word
from daemon.assembly_vip import ACCOUNT_POOL, OFFICE, VIPParts, vip_spec
from daemon.clock import SteadyClock
from daemon.storage.memory import MemoryStore
from supervision import ActorRef, SupervisorSpec, Tree
from supervision.testing import Trace
from tests.worlds.vip import (
    GUILD,
    Life,
    PlainPlanner,
    SteppedStore,
    Thread,
    World,
    WorldPeople,
    as_desk_message,
    as_thread_message,
    find,
)
from tests.worlds.vip_invariants import Invariants, WatchedBackend
from tests.worlds.vip_ports import WorldDesk, WorldThreads

STAFF_ROLE = "777"
VIP_ROLE = "888"
STAFF = Staff("50", "StaffName", frozenset({STAFF_ROLE}))
POLICY = VIPPolicy(staff_roles=frozenset({STAFF_ROLE}), vip_role=VIP_ROLE, inactivity=0.0)


@define(eq=False)
class VIPRig:
    accounts: tuple[str, ...] = ("a", "b")
    policy: VIPPolicy = POLICY
    planner: Planner = field(factory=PlainPlanner)
    clock: SteadyClock = field(factory=SteadyClock)
    world: World = field(init=False)
    store: MemoryStore = field(init=False)
    tree: Tree | None = None
    life: Life = field(factory=Life)
    trace: Trace = field(factory=Trace)
    live: LiveThreads = field(factory=LiveThreads)
    watch: Invariants = field(init=False)
    """Looks on all the time; what it finds fails the test at the end of a life."""
    connected: bool = True
    """Events reach the running life."""
    _numbers: object = field(factory=lambda: itertools.count(1))

    def __attrs_post_init__(self) -> None:
        self.world = World(now=self.clock.now)
        self.store = MemoryStore(self.clock.now)
        self.watch = Invariants(self.accounts)
        self.store.backend = WatchedBackend(self.clock.now, self.watch)
        self.store.backend.open()
        self.world.steps.watch = lambda: self.watch.stepped(self.world.threads.values())

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["VIPRig"]:
        """One life of the daemon."""
        self.life = self.world.steps.life = Life()
        life, world = self.life, self.world
        people = WorldPeople(world)
        parts = VIPParts(
            tree=lambda: tree,
            store=lambda: SteppedStore(self.store, world.steps, life),
            clock=self.clock,
            threads=WorldThreads(world, life),
            desk=WorldDesk(world, life),
            answers=people,
            staff=people,
            planner=self.planner,
            policy=lambda: self.policy,
            accounts=self.accounts,
            epochs=Epochs(),
            live=self.live,
            new_id=lambda: f"{next(self._numbers):06d}",
        )
        self.tree = tree = Tree(SupervisorSpec("perkd", [vip_spec(parts)]), self.trace)
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            try:
                yield self
            finally:
                self.life.dead = True
                tree.stop()
                nursery.cancel_scope.cancel()
        self.tree = None
        assert not self.watch.broken, "; ".join(self.watch.broken)

    @property
    def office(self) -> ActorRef:
        return self.tree.ref(OFFICE)

    @property
    def pool(self) -> ActorRef:
        return self.tree.ref(ACCOUNT_POOL)

    # --- people ---------------------------------------------------------------------------------

    def click(self, member: str = "7", ticket: str = "", roles: frozenset[str] = frozenset()) -> str:
        ticket = ticket or f"t{next(self._numbers)}"
        self._event(self.office, Click(Member(GUILD, member), ticket, f"name-{member}", roles))
        return ticket

    def clear(self, member: str = "7", by: Staff = STAFF) -> str:
        ticket = f"t{next(self._numbers)}"
        self._event(self.office, ClearSession(Member(GUILD, member), ticket, by))
        return ticket

    def say(self, body: object, member: str = "7", author: str = "", **more: object) -> str:
        """Somebody writes in the member's thread."""
        self.watch.said(body)
        thread = self.thread(member)
        message = self.world.post_in_thread(thread.id, author or member, body, **more)
        self._event(self._office_or_none, ThreadPosted(thread.id, message))
        return message.id

    def edit(self, message: str, body: object, member: str = "7") -> None:
        self.watch.said(body)
        thread = self.thread(member)
        posted = find(thread.messages, message)
        posted.body, posted.version = body, f"{next(self._numbers):06d}"
        self._event(self._office_or_none, ThreadEdited(thread.id, as_thread_message(posted)))

    def delete(self, message: str, member: str = "7") -> None:
        thread = self.thread(member)
        thread.messages = [m for m in thread.messages if m.id != message]
        self._event(self._office_or_none, ThreadDeleted(thread.id, (message,)))

    def desk_says(self, body: object, member: str = "7", account: str = "", **more: object) -> str:
        self.watch.said(body)
        account = account or self.session(member).account
        message = self.world.post_at_desk(account, body, **more)
        self._event(self._pool_or_none, DeskPosted(account, message))
        return message.id

    def desk_edits(self, message: str, body: object, member: str = "7", version: str = "") -> None:
        self.watch.said(body)
        chat = self.world.chat(self.session(member).account)
        posted = find(chat.messages, message)
        posted.body, posted.version = body, version or f"{next(self._numbers):06d}"
        self._event(self._pool_or_none, DeskEdited(chat.account, as_desk_message(chat, posted)))

    def desk_deletes(self, message: str, member: str = "7") -> None:
        chat = self.world.chat(self.session(member).account)
        chat.messages = [m for m in chat.messages if m.id != message]
        self._event(self._pool_or_none, DeskDeleted(chat.account, (message,)))

    def archive(self, member: str = "7", *, told: bool = True) -> None:
        thread = self.thread(member)
        thread.archived = True
        if told:
            self._event(self.office, ThreadEnded(thread.id, EndReason.ARCHIVED))

    def drop(self, member: str = "7", *, told: bool = True) -> None:
        thread = self.thread(member)
        thread.deleted = True
        if told:
            self._event(self.office, ThreadEnded(thread.id, EndReason.DELETED))

    @property
    def _office_or_none(self) -> ActorRef | None:
        return self.tree.ref(OFFICE) if self.tree is not None else None

    @property
    def _pool_or_none(self) -> ActorRef | None:
        return self.tree.ref(ACCOUNT_POOL) if self.tree is not None else None

    def _event(self, ref: ActorRef | None, message: object) -> None:
        if self.connected and ref is not None and not self.life.dead:
            ref.tell(message)

    # --- what is -------------------------------------------------------------------------------

    def sessions(self) -> list[VIPSession]:
        return self.store.backend.find(VIPSession)

    def session(self, member: str = "7") -> VIPSession:
        (session,) = [s for s in self.sessions() if s.member == member]
        return session

    def state(self, member: str = "7") -> SessionState | None:
        return next((s.state for s in self.sessions() if s.member == member), None)

    def closed(self) -> list[ClosedVIPSession]:
        return self.store.backend.find(ClosedVIPSession)

    def crossings(self) -> list[Crossing]:
        return sorted(self.store.backend.find(Crossing), key=lambda c: (c.side, c.seq))

    def thread(self, member: str = "7") -> Thread:
        """The member's newest thread."""
        return [t for t in self.world.threads.values() if member in t.members][-1]

    def chat_bodies(self, member: str = "7") -> list[object]:
        return self.world.chat(self.session(member).account).bodies()

    def answers(self, ticket: str) -> list[Word]:
        return [notice.word for notice in self.world.answers[ticket]]

    def last_answer(self, ticket: str) -> Notice:
        return self.world.answers[ticket][-1]

    def account_states(self) -> dict[str, AccountState]:
        return {a.name: a.state for a in self.store.backend.find(VIPAccount)}

    def change(self, **changes: object) -> None:
        self.policy = evolve(self.policy, **changes)

    async def numbers(self) -> VIPNumbers:
        return await self.office.ask(VIPStatus())

    async def check_sum(self) -> None:
        """Every account is in exactly one state."""
        numbers = await self.pool.ask(PoolStatus())
        if numbers.loaded:
            assert sum(numbers.by_state.values()) == len(self.accounts)

    # --- waiting --------------------------------------------------------------------------------

    async def until(self, condition: Callable[[], bool], *, within: float = 10_000) -> None:
        with trio.fail_after(within):
            while not condition():  # noqa: ASYNC110 - anything at all may make it so
                await trio.sleep(0.5)

    async def opened(self, member: str = "7") -> str:
        """Press the button, and wait until the session is open; returns the ticket."""
        ticket = self.click(member)
        await self.until(lambda: self.state(member) is SessionState.OPEN)
        await trio.sleep(1)
        return ticket

    async def until_free(self) -> None:
        """All accounts are free again."""
        await self.until(self._all_free)

    def _all_free(self) -> bool:
        states = self.account_states()
        return len(states) == len(self.accounts) and set(states.values()) == {AccountState.FREE}
