"""VIPDeskActor: the button. It routes to the members' actors, and never waits for anything of theirs."""

import logging
from collections.abc import Callable

import trio
from attrs import define, field, frozen

from actors.ports import Clock, Delete, Store, StoreUnavailable
from actors.vip import messages as m
from actors.vip.live_threads import LiveThreads
from actors.vip.model import ClosedVIPSession, Crossing, CrossingState, EndReason, SessionState, VIPSession
from actors.vip.next_look import NextLook
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Answers
from actors.vip.room import Room
from actors.vip.words import Notice, Word
from supervision import (
    Actor,
    ActorDead,
    ActorRef,
    AlreadyRunning,
    DynamicRef,
    NotRunning,
    StartFailed,
)

logger = logging.getLogger(__name__)

_SOON = 1.0


@frozen
class DeskPorts:
    """What the desk needs."""

    store: Store
    clock: Clock
    threads: DynamicRef
    """Below it the members' actors are started."""
    answers: Answers
    policy: Callable[[], VIPPolicy]
    live: LiveThreads = field(factory=LiveThreads)
    """Kept by the desk, for who listens to Discord."""


@frozen
class _Look:
    """Time to look for sessions without an actor."""


@frozen
class _Late:
    """A request has not been answered in time."""

    member: m.Member
    ticket: str


@define(eq=False)
class VIPDeskActor(Actor):
    """Starts a member's actor where there is none, and hands over.

    What that one has not answered when it ends or crashes is handed over again.
    """

    _ports: DeskPorts
    _requests: dict[m.Member, dict[str, m.Request]] = field(factory=dict, init=False)
    """Not answered for the last time; by ticket."""
    _starting: set[m.Member] = field(factory=set, init=False)
    _refs: dict[m.Member, ActorRef] = field(factory=dict, init=False)
    _room: Room = field(init=False)
    _next_look: NextLook = field(init=False)

    async def started(self) -> None:
        """Start the actors of all sessions that are stored, in the background."""
        self._room = Room(self.start_soon, _again)
        self._next_look = NextLook(self.after, _Look())
        self._ports.live.clear()  # an actor that is there already reads again what it was not told meanwhile
        self.ref.tell(_Look())

    async def receive(self, message: object) -> object:  # noqa: C901, PLR0912 - one line a case
        """Handle one message. Only the store is waited for, and only for numbers."""
        match message:
            case m.Click() | m.EndSession() | m.ClearSession() | m.CompleteSession() | m.ForgetSession():
                self._take(message)
            case m.ThreadPosted(thread) | m.ThreadEdited(thread) | m.ThreadDeleted(thread):
                self._to_thread(thread, message)
            case m.ThreadEnded(thread):
                self._to_thread(thread, message)
            case m.ParentDeleted(guild):
                for member in [one for one in self._refs if one.guild == guild]:
                    self._tell(member, m.End(EndReason.PARENT_DELETED))
            case m.MemberLeft(member):
                self._tell(member, m.End(EndReason.LEFT_GUILD))
            case m.ThreadsResync():
                for member in list(self._refs):
                    self._tell(member, m.Resync())
            case m.Bound(member, thread):
                self._ports.live.bind(thread, member)
            case m.Handled(member, ticket):
                self._requests.get(member, {}).pop(ticket, None)
            case m.Returned(member):
                self._hand_over(member)
            case m.EndedFor(member, ref):
                self._ended(member, ref)
            case _Look():
                self.start_soon(self._look)
            case _Late(member, ticket):
                self._give_up(member, ticket)
            case m.VIPStatus():
                return await self._numbers()
            case _:
                return await Actor.receive(self, message)
        return None

    # --- requests -------------------------------------------------------------------------------

    def _take(self, request: m.Request) -> None:
        requests = self._requests.setdefault(request.member, {})
        if request.ticket in requests:
            return
        requests[request.ticket] = request
        self.after(self._ports.policy().answer_within, _Late(request.member, request.ticket))
        if request.member in self._refs:
            self._tell(request.member, request)
        else:
            self._start(request.member)

    def _hand_over(self, member: m.Member) -> None:
        for request in self._requests.get(member, {}).values():
            self._tell(member, request)

    def _give_up(self, member: m.Member, ticket: str) -> None:
        request = self._requests.get(member, {}).pop(ticket, None)
        if request is not None:
            self.start_soon(self._ports.answers.answer, ticket, Notice.of(Word.TRY_AGAIN))
            self._tell(member, m.Lapsed(ticket))

    # --- the members' actors --------------------------------------------------------------------

    def _to_thread(self, thread: str, message: object) -> None:
        member = self._ports.live.owner(thread)
        if member is not None:
            self._tell(member, message)

    def _tell(self, member: m.Member, message: object) -> None:
        ref = self._refs.get(member)
        if ref is None:
            return  # it reads what it has to know when it starts
        try:
            self._room.tell(ref, message)
        except ActorDead:
            self._ended(member, ref)

    def _start(self, member: m.Member) -> None:
        if member not in self._starting and member not in self._refs:
            self._starting.add(member)
            self.start_soon(self._start_child, member)

    async def _start_child(self, member: m.Member) -> None:
        threads, adopted = self._ports.threads, False
        while True:
            try:
                ref: ActorRef | None = await threads.start_child(member.child, member)
            except AlreadyRunning:
                ref, adopted = threads.get(member.child), True
            except (NotRunning, StartFailed) as error:
                logger.warning("The VIP actor of user %s can't start: %s", member.id, error)
                ref = None
            if ref is not None:
                break
            await trio.sleep(_SOON)
        self._starting.discard(member)
        self._refs[member] = ref
        ref.monitor(self.ref, m.EndedFor(member, ref))
        if adopted:
            self._tell(member, m.Resync())  # an earlier life of this actor may have dropped what it was told
        self._hand_over(member)

    def _ended(self, member: m.Member, ref: ActorRef) -> None:
        if self._refs.get(member) == ref:
            del self._refs[member]
            self._ports.live.drop(member)
        if self._requests.get(member):
            self._start(member)
        else:
            self._requests.pop(member, None)
            self._next_look.within(_SOON)  # perhaps its supervisor was restarted, and it has a session yet

    # --- looking after them ---------------------------------------------------------------------

    async def _look(self) -> None:
        """Every stored session has an actor: those that gave up are started again. Old records go."""
        try:
            for session in await self._ports.store.find(VIPSession):
                member = m.Member(session.guild, session.member)
                if session.thread:
                    self._ports.live.bind(session.thread, member)
                self._start(member)
            await self._prune()
        except StoreUnavailable as error:
            logger.warning("The store can't be asked about VIP sessions: %s", error)
            self._next_look.within(_SOON)
        else:
            self._next_look.within(self._ports.policy().reconcile)

    async def _prune(self) -> None:
        before = self._ports.clock.now() - self._ports.policy().retention
        closed = await self._ports.store.find(ClosedVIPSession)
        old = [one for one in closed if one.closed_at < before][:200]
        if old:
            await self._ports.store.commit(*(Delete(ClosedVIPSession, one.key) for one in old))

    async def _numbers(self) -> m.VIPNumbers | None:
        store = self._ports.store
        try:
            sessions = await store.find(VIPSession)
            waiting = await store.find(Crossing, state=CrossingState.WAITING)
        except StoreUnavailable:
            return None  # who asks often must not be what ends it
        counts = tuple((state, sum(s.state is state for s in sessions)) for state in SessionState)
        oldest = min((c.at for c in waiting), default=None)
        age = None if oldest is None else max(0.0, self._ports.clock.now() - oldest)
        return m.VIPNumbers(counts, age, sum(map(len, self._requests.values())))


def _again(message: object) -> m.Resync | None:
    """What the histories tell as well."""
    told = m.ThreadPosted | m.ThreadEdited | m.ThreadDeleted | m.Resync
    return m.Resync() if isinstance(message, told) else None
