"""The VIP half of the supervision tree: which actors there are, under whom, and what each is given."""

import uuid
from collections.abc import Callable, Mapping

from attrs import define, field, frozen

from actors.ports import Clock, Store
from actors.vip.account_pool import AccountPoolActor, PoolPorts
from actors.vip.desk import DeskPorts, VIPDeskActor
from actors.vip.epochs import Epochs, GuardedDesk
from actors.vip.live_threads import LiveThreads
from actors.vip.messages import Member
from actors.vip.pacing import Pacing
from actors.vip.parts import ThreadPorts, paced_reading
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Answers, Desk, Planner, StaffLog, Threads
from actors.vip.thread import VIPThreadActor
from supervision import Actor, ActorSpec, Backoff, DynamicSpec, Kind, Strategy, SupervisorSpec, Tree

VIP = "vip"
OFFICE = f"{VIP}/desk"
ACCOUNT_POOL = f"{VIP}/leasing/account_pool"
THREADS = f"{VIP}/leasing/threads"
"""Where the actors are, below the root."""

_BRIEF = Backoff(min=0.5, max=30.0, factor=2.0, jitter=0.1, reset_after=60.0)
_HALF = Backoff(min=1.0, max=300.0, factor=2.0, jitter=0.1, reset_after=300.0)
_CROWD = 16_384


@frozen
class VIPHalf:
    """What VIP threads add to the tree."""

    spec: SupervisorSpec
    gateways: Mapping[str, Callable[[Tree], Actor]]
    """Name → an actor that keeps a connection to where people are."""


@frozen
class VIPParts:
    """What the sub-tree is made of."""

    tree: Callable[[], Tree]
    """The whole tree; it is asked for when the actors start."""
    store: Callable[[], Store]
    clock: Clock
    threads: Threads
    desk: Desk
    answers: Answers
    staff: StaffLog
    planner: Planner
    policy: Callable[[], VIPPolicy]
    accounts: tuple[str, ...]
    epochs: Epochs = field(factory=Epochs)
    live: LiveThreads = field(factory=LiveThreads)
    """The same that who listens to Discord has."""
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex
    reading: Pacing = field(factory=paced_reading)
    """Paces what all sessions may have to ask Discord in the same moment."""


def vip_spec(parts: VIPParts) -> SupervisorSpec:
    """`vip`: the accounts and the members' threads, then the desk."""
    links = _Links(parts)
    template = ActorSpec("thread", links.thread, kind=Kind.TRANSIENT, grace=5.0, mailbox=256, backoff=_BRIEF)
    leasing = SupervisorSpec(
        "leasing",
        [
            ActorSpec("account_pool", links.pool, backoff=_BRIEF, mailbox=_CROWD),
            DynamicSpec("threads", template, intensity=1000, period=5.0),
        ],
        strategy=Strategy.REST_FOR_ONE,
        intensity=5,
        period=60.0,
        backoff=_BRIEF,
    )
    desk = ActorSpec("desk", links.desk, backoff=_BRIEF, mailbox=_CROWD)
    return SupervisorSpec(VIP, [leasing, desk], intensity=5, period=60.0, backoff=_HALF)


@define
class _Links:
    """Makes the actors; what they refer to is looked up when they start."""

    parts: VIPParts
    _shared: ThreadPorts | None = None
    """One for all members."""

    def pool(self) -> Actor:
        parts = self.parts
        return AccountPoolActor(
            PoolPorts(
                parts.store(),
                parts.clock,
                parts.desk,
                parts.epochs,
                parts.staff,
                parts.policy,
                parts.accounts,
            )
        )

    def thread(self, member: Member) -> Actor:
        if self._shared is None:
            parts, tree = self.parts, self.parts.tree()
            self._shared = ThreadPorts(
                store=parts.store(),
                clock=parts.clock,
                threads=parts.threads,
                desk=GuardedDesk(parts.desk, parts.epochs),
                pool=tree.ref(ACCOUNT_POOL),
                office=tree.ref(OFFICE),
                planner=parts.planner,
                answers=parts.answers,
                staff=parts.staff,
                policy=parts.policy,
                new_id=parts.new_id,
                reading=parts.reading,
            )
        return VIPThreadActor(member, self._shared)

    def desk(self) -> Actor:
        parts = self.parts
        return VIPDeskActor(
            DeskPorts(
                parts.store(),
                parts.clock,
                parts.tree().dynamic(THREADS),
                parts.answers,
                parts.policy,
                parts.live,
            )
        )
