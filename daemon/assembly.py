"""The supervision tree: which actors there are, under whom, and what each is given.

Adapters come in from outside (`Parts`): the daemon's are real, a test's may stand in for the world.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from attrs import define, field, frozen

from actors.giftcodes.announcer import AnnouncerActor, AnnouncerPorts
from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.campaign import CampaignActor, CampaignPorts
from actors.giftcodes.model import PlayerKey
from actors.giftcodes.pool_policy import PoolPolicy
from actors.giftcodes.publisher import CodeFeed, PublisherActor
from actors.giftcodes.redeemer import RedeemerActor, RedeemerPorts
from actors.giftcodes.session_pool import SessionPoolActor
from actors.giftcodes.verifier import VerifierActor, VerifierPorts
from actors.ports import Board, CaptchaSolver, Clock, GameAPI, Store
from daemon.assembly_gateways import gateways_spec
from daemon.assembly_vip import VIPHalf
from supervision import (
    Actor,
    ActorRef,
    ActorSpec,
    Backoff,
    DynamicSpec,
    Event,
    Kind,
    Strategy,
    SupervisorSpec,
    Tree,
)

MONGODB = "mongodb"
STORAGE = "storage"
CAMPAIGN = "giftcodes/campaign"
ANNOUNCER = "giftcodes/announcer"
PUBLISHER = "giftcodes/publisher"
POOL = "giftcodes/redemption/session_pool"
REDEEMERS = "giftcodes/redemption/redeemers"
VERIFIER = "giftcodes/redemption/verifier"
POLLERS = "giftcodes/pollers"
"""Where the actors are, below the root."""

CALL_GRACE = 10.0
"""Seconds a redeemer may take to finish the call it is making when it is asked to stop."""
CROWD = 16_384
"""Messages the mailboxes hold that thousands of redeemers write to at once."""

_BRIEF = Backoff(min=0.5, max=30.0, factor=2.0, jitter=0.1, reset_after=60.0)
_BESIDE = Backoff(min=1.0, max=300.0, factor=4.0, jitter=0.1, reset_after=60.0)
"""Of who crashes again and again: four times a minute at most, which takes none of those beside it along."""
_HALF = Backoff(min=1.0, max=300.0, factor=2.0, jitter=0.1, reset_after=300.0)
"""A half of the daemon that gave up is started again, after minutes if need be: it never ends the rest."""


@define
class Settings:
    """What can change while the daemon runs: read anew by whoever needs it."""

    redeem: RedeemPolicy = field(factory=RedeemPolicy)
    pool: PoolPolicy = field(factory=PoolPolicy)


@frozen
class Parts:
    """What the tree is made of. Factories make a new actor for each incarnation."""

    clock: Clock
    store: Callable[[Tree], Store]
    apis: Mapping[str, GameAPI]
    """Game → its API. Without one (its key is missing) codes are posted, but nothing is attempted."""
    board: Board
    settings: Settings
    storage: Callable[[], Actor] | None = None
    """The store's own actor; None where the store needs none."""
    mongodb: Callable[[], Actor] | None = None
    """Speaks to MongoDB, for the store; None where it is not configured."""
    solvers: Mapping[str, CaptchaSolver] = field(factory=dict)
    pollers: Mapping[str, Callable[[ActorRef], Actor]] = field(factory=dict)
    """Source name → its poller, given the campaign's ref."""
    status: Mapping[str, Callable[[Tree], Actor]] = field(factory=dict)
    """Name → an actor that shows the tree to the outside: control socket, web server, health log."""
    gateways: Mapping[str, Callable[[Tree], Actor]] = field(factory=dict)
    """Name → an actor that keeps a connection to where people are."""
    vip: VIPHalf | None = None
    """None: there are no VIP threads."""
    feed: CodeFeed | None = None
    """What is published for other daemons; None where nobody can read it."""
    intensity: int = 10
    period: float = 60.0


def build_tree(parts: Parts, on_event: Callable[[Event], None] | None = None) -> Tree:
    """The tree of docs/architecture.md, not yet running."""
    links = _Links(parts)
    children: list[ActorSpec | SupervisorSpec] = []
    if parts.mongodb is not None:
        children.append(ActorSpec(MONGODB, parts.mongodb, backoff=_HALF, grace=10.0))
    if parts.storage is not None:
        children.append(ActorSpec(STORAGE, parts.storage, backoff=_BRIEF, grace=15.0, mailbox=CROWD))
    if parts.status:
        children.append(links.status())
    if parts.gateways or parts.vip is not None:
        children.append(links.gateways())
    children.append(links.giftcodes())
    if parts.vip is not None:
        children.append(parts.vip.spec)
    tree = Tree(SupervisorSpec("perkd", children, intensity=parts.intensity, period=parts.period), on_event)
    links.bind(tree)
    return tree


@define
class _Links:
    """Makes the specifications; what refers to other actors is looked up once the tree is there."""

    parts: Parts
    _tree: Tree | None = None
    _store: Store | None = None
    _shared: RedeemerPorts | None = None
    """One for all redeemers: there may be ten thousand."""

    def bind(self, tree: Tree) -> None:
        self._tree, self._store = tree, self.parts.store(tree)

    @property
    def tree(self) -> Tree:
        assert self._tree is not None  # noqa: S101 - factories run in the tree
        return self._tree

    @property
    def store(self) -> Store:
        assert self._store is not None  # noqa: S101 - factories run in the tree
        return self._store

    def status(self) -> SupervisorSpec:
        shown = [
            ActorSpec(name, lambda make=make: make(self.tree), backoff=_BRIEF)
            for name, make in self.parts.status.items()
        ]
        return SupervisorSpec("status", shown, intensity=5, period=60.0, backoff=_HALF)

    def gateways(self) -> SupervisorSpec:
        vip = {} if self.parts.vip is None else self.parts.vip.gateways
        return gateways_spec(self.parts.gateways, vip, lambda: self.tree)

    def giftcodes(self) -> SupervisorSpec:
        redemption = SupervisorSpec(
            "redemption",
            [
                ActorSpec("session_pool", self._pool, backoff=_BRIEF, mailbox=CROWD),
                self._redeemers(),
                ActorSpec("verifier", self._verifier, backoff=_BRIEF, grace=CALL_GRACE, mailbox=1024),
            ],
            strategy=Strategy.REST_FOR_ONE,
            intensity=5,
            period=60.0,
            backoff=_BRIEF,
        )
        pollers = SupervisorSpec("pollers", self._pollers(), intensity=10, period=60.0, backoff=_BRIEF)
        return SupervisorSpec(
            "giftcodes",
            [
                redemption,
                ActorSpec("campaign", self._campaign, backoff=_BRIEF, mailbox=CROWD),
                ActorSpec("announcer", self._announcer, backoff=_BESIDE),
                *self._publishers(),
                pollers,
            ],
            intensity=5,
            period=60.0,
            backoff=_HALF,
        )

    def _redeemers(self) -> DynamicSpec:
        template = ActorSpec(
            "redeemer", self._redeemer, kind=Kind.TRANSIENT, grace=CALL_GRACE, mailbox=64, backoff=_BRIEF
        )
        return DynamicSpec("redeemers", template, intensity=1000, period=5.0)

    def _pollers(self) -> Sequence[ActorSpec]:
        return [
            ActorSpec(name, lambda make=make: make(self.tree.ref(CAMPAIGN)), backoff=_BRIEF)
            for name, make in self.parts.pollers.items()
        ]

    def _pool(self) -> Actor:
        return SessionPoolActor(self.store, self.parts.clock, self.parts.settings.pool)

    def _verifier(self) -> Actor:
        parts, pool = self.parts, self.tree.ref(POOL)
        return VerifierActor(VerifierPorts(pool, parts.apis, self.store, parts.clock, _new_id))

    def _redeemer(self, player: PlayerKey) -> Actor:
        if self._shared is None:
            self._shared = self._redeemer_ports()
        return RedeemerActor(player, self._shared)

    def _redeemer_ports(self) -> RedeemerPorts:
        parts = self.parts
        return RedeemerPorts(
            campaign=self.tree.ref(CAMPAIGN),
            pool=self.tree.ref(POOL),
            apis=parts.apis,
            solvers=parts.solvers,
            store=self.store,
            clock=parts.clock,
            call_id=_new_id,
            policy=lambda: parts.settings.redeem,
        )

    def _campaign(self) -> Actor:
        parts = self.parts
        return CampaignActor(
            CampaignPorts(
                redeemers=self.tree.dynamic(REDEEMERS),
                announcer=self.tree.ref(ANNOUNCER),
                store=self.store,
                clock=parts.clock,
                policy=lambda: parts.settings.redeem,
                games=frozenset(parts.apis),
                listeners=() if parts.feed is None else (self.tree.ref(PUBLISHER),),
            )
        )

    def _publishers(self) -> list[ActorSpec]:
        feed = self.parts.feed
        if feed is None:
            return []
        make = partial(PublisherActor, feed)
        return [ActorSpec("publisher", lambda: make(self.store, self.parts.clock), backoff=_BESIDE)]

    def _announcer(self) -> Actor:
        return AnnouncerActor(
            AnnouncerPorts(self.parts.board, self.store, self.parts.clock, self.tree.ref(CAMPAIGN))
        )


def _new_id() -> str:
    return uuid.uuid4().hex
