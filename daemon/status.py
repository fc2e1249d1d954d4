"""The status of the daemon: one JSON object, derived at the moment it is asked for.

The same object feeds `perkd status`, `/api/status` and whatever shows it; its shape is documented in
docs/commands.md. An actor that does not answer at once is a problem to be shown, not to be waited for.
"""

from collections.abc import Callable, Collection, Iterable, Iterator

import trio
from attrs import define, field

import daemon
from actors.giftcodes.announcing_messages import AnnouncerNumbers, AnnouncerStatus
from actors.giftcodes.campaign_messages import CampaignNumbers, CampaignStatus
from actors.giftcodes.circuit import NO_END, Fault, fault_of_reason
from actors.giftcodes.poller import PollerStatus
from actors.giftcodes.pool_policy import GameLane
from actors.giftcodes.session_pool import PoolNumbers, PoolStatus
from actors.giftcodes.source_health import PollerStats
from actors.ports import Clock
from actors.storage import StorageHealth, StorageStatus
from daemon.assembly import ANNOUNCER, CAMPAIGN, POLLERS, POOL, STORAGE
from daemon.assembly_gateways import DISCORD, TELEGRAM
from daemon.assembly_vip import ACCOUNT_POOL, OFFICE
from daemon.discord.report import DiscordPart, DiscordReport
from daemon.hiding import hide_secrets
from daemon.status_document import iso, lag, lane_json, posts_json, source_json, store_json
from daemon.vip_off import VIPOff
from daemon.vip_report import VIPPart, VIPReport
from supervision import Node, SupervisionError, Tree

ANSWER_WITHIN = 0.25
"""Seconds an actor has to tell how it is doing."""
PATIENT = 1.0
"""Seconds for one that did not answer the last time: that may have been long ago, and it busy both times."""
GONE_AFTER = 10.0
"""Seconds of silence after which an actor that runs counts as gone. A slow disk is no outage."""


VIP_PARTS = {"desk": OFFICE, "account_pool": ACCOUNT_POOL, "telegram": TELEGRAM}
"""Those whose silence VIP's report tells, and where they are in the tree."""


@define
class _Answers:
    """What the actors said of themselves; None: nothing, in time."""

    campaign: CampaignNumbers | None = None
    announcer: AnnouncerNumbers | None = None
    pool: PoolNumbers | None = None
    storage: StorageHealth | None = None
    sources: dict[str, PollerStats | None] = field(factory=dict)
    discord: DiscordPart | None = None
    vip: VIPPart | None = None


@define
class StatusReport:
    """Makes the status of one tree. `backend` names where the state is kept; None: in memory only."""

    tree: Tree
    clock: Clock
    sources: tuple[str, ...] = ()
    backend: str | None = "sqlite"
    notes: Callable[[], tuple[str, ...]] = tuple
    """Things an operator has to know that no actor can tell: a game without its key, say."""
    keyless: Callable[[], Collection[str]] = tuple
    """Games of which `notes` tell why they are paused."""
    discord: DiscordReport | None = None
    """None where perkd runs without Discord."""
    vip: VIPReport | VIPOff | None = None
    """Of VIP threads that run, or that do not."""
    _started: float = field(init=False)
    _silent_since: dict[str, float] = field(factory=dict, init=False)
    """When an actor was first asked in vain, of those that did not answer the last time."""

    def __attrs_post_init__(self) -> None:
        self._started = trio.current_time()

    async def make(self, every_child: bool = False) -> dict[str, object]:
        """The status now. `every_child` lists the children of dynamic supervisors."""
        answers = await self._ask()
        root = self.tree.snapshot(every_child=every_child)
        problems = [*_tree_problems(root), *self._answer_problems(answers), *self.notes()]
        status: dict[str, object] = {
            "version": daemon.__version__,
            "uptime": round(trio.current_time() - self._started, 3),
            "health": self._health(root, answers, problems),
            "problems": problems,
            "silent": self._silent(),
            "tree": root.to_json(),
            "giftcodes": self._giftcodes(answers),
            "discord": None if answers.discord is None else answers.discord.document,
            "vip": {"enabled": False, "sessions": 0, "accounts": {}}
            if answers.vip is None
            else answers.vip.document,
            "storage": self._storage(answers.storage),
        }
        hide_secrets(status)
        return status

    async def _ask(self) -> _Answers:
        answers = _Answers(sources=dict.fromkeys(self.sources))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._fill, answers, "campaign", CAMPAIGN, CampaignStatus())
            nursery.start_soon(self._fill, answers, "announcer", ANNOUNCER, AnnouncerStatus())
            nursery.start_soon(self._fill, answers, "pool", POOL, PoolStatus())
            if self.backend is not None:
                nursery.start_soon(self._fill, answers, "storage", STORAGE, StorageStatus())
            if self.discord is not None:
                nursery.start_soon(self._fill_discord, answers, self.discord)
            if self.vip is not None:
                nursery.start_soon(self._fill_vip, answers, self.vip)
            for source in self.sources:
                nursery.start_soon(self._fill, answers.sources, source, f"{POLLERS}/{source}", PollerStatus())
        return answers

    async def _fill(self, into: object, name: str, path: str, question: object) -> None:
        try:
            answer = await self.tree.ref(path).ask(question, timeout=self._patience(path))
        except SupervisionError:
            self._hear(path, answered=False)
            return
        self._hear(path, answered=True)
        if isinstance(into, dict):
            into[name] = answer
        else:
            setattr(into, name, answer)

    async def _fill_discord(self, answers: _Answers, report: DiscordReport) -> None:
        answers.discord = await report.make(self.clock.now(), self._patience(DISCORD))
        self._hear(DISCORD, answered=answers.discord.document.get("state") != "no answer")

    async def _fill_vip(self, answers: _Answers, report: VIPReport | VIPOff) -> None:
        answers.vip = await report.look(self._patience(*VIP_PARTS.values()))
        if isinstance(silent := answers.vip.document.get("silent"), list):
            for part, path in VIP_PARTS.items():
                self._hear(path, answered=part not in silent)

    def _patience(self, *paths: str) -> float:
        """Seconds that those who are asked together have to answer."""
        return ANSWER_WITHIN if self._silent_since.keys().isdisjoint(paths) else PATIENT

    def _hear(self, path: str, *, answered: bool) -> None:
        if answered:
            self._silent_since.pop(path, None)
        else:
            self._silent_since.setdefault(path, trio.current_time())

    def _silent(self) -> dict[str, float]:
        now = trio.current_time()
        return {path: round(now - since, 3) for path, since in self._silent_since.items()}

    def _answer_problems(self, answers: _Answers) -> Iterator[str]:
        if answers.campaign is None:
            yield "the campaign does not answer"
        elif not answers.campaign.loaded:
            yield "the campaign has not been able to read the store yet"
        if answers.pool is None:
            yield "the session pool does not answer"
        else:
            yield from self._pause_problems(answers.pool.games)
        if self.backend is not None:
            yield from _storage_problems(answers.storage)
        for source, stats in answers.sources.items():
            if stats is None:
                yield f"source {source} does not answer"
            elif not stats.healthy:
                yield f"source {source} is not healthy: {stats.last_error or 'no success yet'}"
        if answers.discord is not None:
            yield from answers.discord.problems
        if answers.vip is not None:
            yield from answers.vip.problems

    def _pause_problems(self, lanes: Iterable[GameLane]) -> Iterator[str]:
        keyless = self.keyless()
        for lane in lanes:
            if not lane.reason or lane.game in keyless:
                continue
            fault = fault_of_reason(lane.reason)
            wait = (lane.paused_until or 0.0) - self.clock.now()
            if fault is Fault.ORDERED and wait > 0:
                until = f"until {iso(lane.paused_until)}" if lane.paused_until != NO_END else "without an end"
                yield f"game {lane.game} is paused by an operator, {until}: `perkd resume {lane.game}`"
                continue
            when = f"for {wait:.0f} s more" if wait > 0 else "until one call gets through"
            way_out = ""
            if fault is Fault.SYSTEM:
                way_out = f": check signing key, base_url, origin and protocol of [games.{lane.game}]"
            yield f"game {lane.game} is paused {when}: {lane.reason}{way_out}"

    def _health(self, root: Node, answers: _Answers, problems: list[str]) -> str:
        """`down` when the gift-code work can't go on at all; `degraded` when something is wrong."""
        gone = [
            self._is_gone(root, CAMPAIGN, answers.campaign),
            self._is_gone(root, POOL, answers.pool),
            self.backend is not None and self._is_gone(root, STORAGE, answers.storage),
        ]
        not_loaded = answers.campaign is not None and not answers.campaign.loaded
        store_fails = answers.storage is not None and not answers.storage.healthy
        if root.state != "running" or any(gone) or not_loaded or store_fails:
            return "down"
        return "degraded" if problems else "healthy"

    def _is_gone(self, root: Node, path: str, answer: object | None) -> bool:
        """Whether nothing can be expected of it. One that is busy for a moment is not gone."""
        if answer is not None:
            return False
        since = self._silent_since.get(path, trio.current_time())
        return _state(root, path) != "running" or trio.current_time() - since >= GONE_AFTER

    def _giftcodes(self, answers: _Answers) -> dict[str, object]:
        numbers = answers.campaign
        if numbers is not None and not numbers.loaded:
            numbers = None  # it has not read the store: its zeros are none
        lanes = answers.pool.games if answers.pool is not None else ()
        return {
            "codes": None if numbers is None else numbers.live_codes,
            "codes_known": None if numbers is None else numbers.codes,
            "owed": None if numbers is None else numbers.owed,
            "redeemed": None if numbers is None else numbers.redeemed,
            "already": None if numbers is None else numbers.already,
            "failed": None if numbers is None else numbers.failed,
            "retrying": None if numbers is None else numbers.retrying,
            "posts": posts_json(answers.announcer),
            "rate": {lane.game: lane_json(lane) for lane in lanes},
            "sources": {name: source_json(stats) for name, stats in answers.sources.items()},
        }

    def _storage(self, health: StorageHealth | None) -> dict[str, object]:
        if self.backend is None:
            return {"backends": {"memory": {"state": "healthy", "last_error": None}}, "lag": 0}
        if health is not None and health.stores:
            return {
                "backends": {store.name: store_json(store) for store in health.stores},
                "lag": lag(health.stores),
            }
        state = "away" if health is None else "healthy" if health.healthy else "failing"
        error = None if health is None else health.last_error
        return {"backends": {self.backend: {"state": state, "last_error": error}}, "lag": 0}


def _tree_problems(node: Node, path: str = "") -> Iterator[str]:
    here = f"{path}/{node.name}" if path else node.name
    if node.state not in {"running", "starting"}:
        cause = f" after {node.last_error}" if node.last_error else ""
        yield f"{here} is {node.state.replace('_', ' ')}{cause}"
    for state, number in (node.children_by_state or {}).items():
        if state not in {"running", "starting", "stopping"}:
            yield f"{here}: {number} children are {state.replace('_', ' ')}"
    for child in node.children:
        if node.kind != "dynamic":
            yield from _tree_problems(child, here)


def _storage_problems(health: StorageHealth | None) -> Iterator[str]:
    if health is None:
        yield "the store does not answer"
        return
    yield from health.problems
    if not health.healthy and not health.problems:
        yield f"the store can't be used: {health.last_error}"


def _state(root: Node, path: str) -> str:
    """The state of the actor at `path`; "" where there is none now."""
    node: Node | None = root
    for name in path.split("/"):
        node = next((child for child in node.children if child.name == name), None) if node else None
    return node.state if node else ""
