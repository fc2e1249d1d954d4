"""The daemon: its tree put together with what it needs of the world, and what is done to it from outside."""

import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from attrs import define, field

import daemon
from actors.giftcodes.announcer import BoardBack, CodesChanged
from actors.giftcodes.campaign_messages import CampaignStatus, RetryCode, StoreChanged
from actors.giftcodes.poller import Reload as ReloadPoller
from actors.giftcodes.publisher import CodeFeed
from actors.giftcodes.session_pool import PoolStatus
from actors.giftcodes.session_pool import Reload as ReloadPool
from actors.giftcodes.source_health import PollerPolicy
from actors.giftcodes.verifier import verify
from actors.ports import Board
from actors.storage import StorageStatus, StoreClient
from daemon.assembly import (
    ANNOUNCER,
    CAMPAIGN,
    DISCORD,
    POLLERS,
    POOL,
    REDEEMERS,
    STORAGE,
    VERIFIER,
    WATCHER,
    Parts,
    Settings,
    build_tree,
)
from daemon.backups import BackupActor, BackupPlan, LastBackup
from daemon.boards import RoutedBoard, load_boards
from daemon.clock import SteadyClock
from daemon.config import Config, SourceConfig, load_config, reloadable_changes
from daemon.control.actor import ControlActor
from daemon.discord.report import DiscordReport
from daemon.event_log import EventLog
from daemon.logs import add_secret, set_level
from daemon.notify import Notifier, NotifyActor, from_environment
from daemon.opening import (
    Opened,
    changed_keys,
    discord_parts,
    open_adapters,
    poller_policy,
    pool_policy,
    redeem_policy,
    settings_of,
)
from daemon.service import Service
from daemon.service.audit import By
from daemon.setup_check import SetupActor
from daemon.status import StatusReport
from daemon.storing import Storing, database, mongodb_address, where_state_is
from daemon.terminal import TerminalBoard
from daemon.web.actions import Actions
from daemon.web.happenings import Happenings
from daemon.web.side import WebSide
from supervision import Actor, ActorDead, Event, MailboxFull, Tree

if TYPE_CHECKING:
    from daemon.discord.parts import DiscordParts

logger = logging.getLogger("perkd")


@define
class Daemon:
    """One life of the process: the tree, and what is done to it from outside."""

    config: Config
    clock: SteadyClock
    settings: Settings
    board: Board
    discord: "DiscordParts | None" = None
    """None where perkd runs without Discord."""
    opened: Opened = field(factory=Opened)
    events: EventLog = field(factory=EventLog)
    last_backup: LastBackup = field(factory=LastBackup)
    happenings: Happenings = field(init=False)
    codes: CodeFeed = field(factory=CodeFeed, init=False)
    """What other daemons can read at `/feed`."""
    tree: Tree = field(init=False)
    store: StoreClient = field(init=False)
    _service: Service | None = field(default=None, init=False)
    report: StatusReport = field(init=False)
    web: WebSide | None = field(default=None, init=False)
    """None where `[status] listen` is empty."""

    def assemble(self) -> None:
        """Make the tree, not yet running."""
        storing = Storing(self.config, self.clock, mongodb_address(self.config))
        parts = Parts(
            clock=self.clock,
            store=lambda tree: StoreClient(tree.ref(STORAGE)),
            apis=self.opened.apis,
            board=self.board,
            settings=self.settings,
            storage=lambda: storing.storage(self.tree),
            mongodb=storing.mongodb,
            solvers=self.opened.solvers,
            pollers=self.opened.pollers,
            status=self._shown(),
            gateways=self._gateways(),
            feed=self.codes if self.config.status.listen else None,
            intensity=self.config.supervision.intensity,
            period=self.config.supervision.period,
        )
        self.happenings = Happenings(self.clock.now, quiet=(f"perkd/{REDEEMERS}",))
        self.tree = build_tree(parts, self._note)
        self.store = StoreClient(self.tree.ref(STORAGE))
        self.report = StatusReport(
            self.tree,
            self.clock,
            tuple(self.opened.pollers),
            notes=self._notes,
            keyless=lambda: self.opened.keyless,
            discord=self._discord_report(),
        )

        if self.config.status.listen:
            self.web = WebSide(
                self.config,
                self.clock,
                self.tree,
                self.report,
                self.happenings,
                self.service,
                self.reload,
                self.codes,
            )

    def _note(self, event: Event) -> None:
        self.events(event)
        self.happenings(event)

    def _notes(self) -> tuple[str, ...]:
        """What an operator has to know that no actor can tell."""
        shut = self.web.notes() if self.web is not None else ()
        return (*self.opened.problems, *self.last_backup.problems(), *shut)

    def _shown(self) -> dict[str, Callable[[Tree], Actor]]:
        actors: dict[str, Callable[[Tree], Actor]] = {"setup": self._setup, "control": self._control}
        if self.config.status.listen:
            actors["web"] = self._web
        if self.config.storage.backup_every:
            actors["backups"] = self._backups
        if (notifier := from_environment()) is not None:
            actors["notify"] = lambda tree: self._notify(tree, notifier)
        return actors

    def _notify(self, tree: Tree, notifier: Notifier) -> NotifyActor:
        questions = ((CAMPAIGN, CampaignStatus()), (POOL, PoolStatus()), (STORAGE, StorageStatus()))
        return NotifyActor(
            notifier,
            [(tree.ref(path), question) for path, question in questions],
            lambda: tree.supervisor().running and tree.snapshot().state == "running",
            lambda: f"perkd {daemon.__version__}; state is in {where_state_is(self.config)}",
        )

    def _backups(self, _tree: Tree) -> BackupActor:
        return BackupActor(database(self.config), backup_plan(self.config), self.clock, self.last_backup)

    def _web(self, _tree: Tree) -> Actor:
        assert self.web is not None  # noqa: S101 - made with the tree
        return self.web.actor()

    def _setup(self, tree: Tree) -> SetupActor:
        return SetupActor(self.store, tree.ref(POOL), self.opened.setups)

    def _control(self, tree: Tree) -> ControlActor:
        orders = Actions(tree, self.service(), tree.ref(POOL).tell, By("", "", "cli"))
        socket, service = self.config.status.socket, self.service()
        return ControlActor(socket, service, self.report.make, self.reload, orders.game_routes())

    def _gateways(self) -> dict[str, Callable[[Tree], Actor]]:
        discord = self.discord
        if discord is None:
            return {}
        return {
            "discord": lambda _: discord.actor(
                discord.desk(self.service(), self.report.make), self._discord_reachable
            ),
            "watcher": lambda tree: discord.watcher(self.service(), tree.ref(CAMPAIGN)),
        }

    def _discord_report(self) -> DiscordReport | None:
        if self.discord is None:
            return None
        watcher = self.tree.ref(WATCHER)
        return DiscordReport(self.tree.ref(DISCORD), self.store, watcher, self.discord.watch_status)

    def _discord_reachable(self) -> None:
        """What could not be posted while Discord was away is tried now, not after its backoff."""
        self._tell(ANNOUNCER, BoardBack())

    def service(self) -> Service:
        """The operators' operations on this daemon's store; always the same, for its lock."""
        if self._service is None:
            self._service = self._make_service()
        return self._service

    def _make_service(self) -> Service:
        return Service(
            store=self.store,
            clock=self.clock,
            games=lambda: {name: game.protocol for name, game in self.config.games.items()},
            on_change=self.changed,
            retry_code=lambda game, code: self._tell(CAMPAIGN, RetryCode(game, code)),
            verify=lambda player: verify(self.tree.ref(VERIFIER), player),
            players_per_member=lambda: self.config.discord.players_per_member,
            boards=lambda: tuple(self.config.boards),
        )

    def poller_policy(self, source: SourceConfig) -> PollerPolicy:
        """The source's policy as it is configured now."""
        current = {item.name: item for item in self.config.sources}.get(source.name, source)
        return poller_policy(self.config, current)

    def changed(self, collections: frozenset[str]) -> None:
        """Somebody changed the store by a command: the campaign looks at it again."""
        self._tell(CAMPAIGN, StoreChanged(collections))
        if "guilds" in collections:
            self._tell(ANNOUNCER, CodesChanged())
            if self.discord is not None:
                self._tell(WATCHER, self.discord.watches_changed)

    async def reload(self) -> dict[str, object]:
        """Read the configuration again. Raises `ConfigError`; then everything stays as it was."""
        read = load_config(self.config.path, os.environ)
        self.config, changed = reloadable_changes(self.config, read)
        keys = changed_keys(self.config, self.opened)
        fixed = [*changed, *(f"the signing key of [games.{name}]" for name in keys)]
        self.settings.redeem, self.settings.pool = redeem_policy(self.config), pool_policy(self.config)
        set_level(self.config.perkd.log_level)
        self._tell(POOL, ReloadPool(self.settings.pool))
        for source in self.config.sources:
            self._tell(f"{POLLERS}/{source.name}", ReloadPoller(self.poller_policy(source)))
        for name in fixed:
            logger.warning("%s has changed, which needs a restart", name)
        logger.info("🔄 Configuration read again", extra={"needs_restart": fixed})
        return {"reloaded": True, "needs_restart": fixed}

    def _tell(self, path: str, message: object) -> None:
        try:
            self.tree.ref(path).tell(message)
        except (KeyError, MailboxFull, ActorDead) as error:
            logger.warning("%s could not be told of a change: %s", path, error)


def backup_plan(config: Config) -> BackupPlan:
    """`[storage] backup_…`."""
    storage = config.storage
    directory = storage.backup_dir or config.perkd.data_dir / "backups"
    return BackupPlan(directory, storage.backup_every, storage.backup_keep)


@asynccontextmanager
async def open_daemon(config: Config, board: Board | None = None) -> AsyncIterator[Daemon]:
    """A daemon with its adapters open and its tree assembled, not yet running."""
    clock = SteadyClock()
    discord = discord_parts(config, clock)
    made = Daemon(config, clock, settings_of(config), board or _board(config, discord), discord)
    people = None if discord is None else discord.captchas
    async with AsyncExitStack() as stack:
        made.opened = await open_adapters(config, clock, made.poller_policy, stack, people)
        made.assemble()
        yield made


def _board(config: Config, discord: "DiscordParts | None") -> Board:
    terminal = TerminalBoard()
    elsewhere: Board = terminal if discord is None else discord.board
    return RoutedBoard(terminal, elsewhere, load_boards(config, add_secret))
