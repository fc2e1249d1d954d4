"""The daemon: its tree put together with what it needs of the world, and what is done to it from outside."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from attrs import define, field

from actors.giftcodes.announcer import CodesChanged
from actors.giftcodes.campaign_messages import RetryCode, StoreChanged
from actors.giftcodes.poller import Reload as ReloadPoller
from actors.giftcodes.publisher import CodeFeed
from actors.giftcodes.session_pool import Reload as ReloadPool
from actors.giftcodes.source_health import PollerPolicy
from actors.giftcodes.verifier import verify
from actors.ports import Board
from actors.storage import StoreClient
from daemon.assembly import (
    ANNOUNCER,
    CAMPAIGN,
    POLLERS,
    POOL,
    REDEEMERS,
    STORAGE,
    VERIFIER,
    Parts,
    Settings,
    build_tree,
)
from daemon.assembly_gateways import WATCHER
from daemon.assembly_vip import OFFICE
from daemon.backups import LastBackup
from daemon.boards import RoutedBoard, load_boards
from daemon.clock import SteadyClock
from daemon.config import Config, SourceConfig, load_config, reloadable_changes
from daemon.event_log import EventLog
from daemon.gateways import discord_report, gateways_of
from daemon.logs import add_secret, set_level
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
from daemon.status import StatusReport
from daemon.status_actors import StatusActors
from daemon.storing import Storing, mongodb_address
from daemon.terminal import TerminalBoard
from daemon.vip.forgetting import EndForgotten
from daemon.vip.opening import open_vip
from daemon.vip_off import VIPOff
from daemon.web.happenings import Happenings
from daemon.web.side import WebSide
from supervision import ActorDead, Event, MailboxFull, Tree

if TYPE_CHECKING:
    from daemon.discord.parts import DiscordParts
    from daemon.vip.parts import VIPSide

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
    vip: "VIPSide | None" = None
    """None where perkd runs without VIP threads."""
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
            status=StatusActors(self).wanted(),
            gateways=gateways_of(self),
            vip=None if self.vip is None else self.vip.half(self),
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
            discord=discord_report(self, self.discord),
            vip=VIPOff(self.store) if self.vip is None else self.vip.report(self.tree),
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
            retry_code=lambda game, code: self.tell(CAMPAIGN, RetryCode(game, code)),
            verify=lambda player: verify(self.tree.ref(VERIFIER), player),
            players_per_member=lambda: self.config.discord.players_per_member,
            boards=lambda: tuple(self.config.boards),
            end_vip=None if self.vip is None else self._end_vip,
        )

    async def _end_vip(self, guild: str, member: str) -> bool:
        return await EndForgotten(self.tree.ref(OFFICE), self.store)(guild, member)

    def poller_policy(self, source: SourceConfig) -> PollerPolicy:
        """The source's policy as it is configured now."""
        current = {item.name: item for item in self.config.sources}.get(source.name, source)
        return poller_policy(self.config, current)

    def changed(self, collections: frozenset[str]) -> None:
        """Somebody changed the store by a command: the campaign looks at it again."""
        self.tell(CAMPAIGN, StoreChanged(collections))
        if "guilds" in collections:
            self.tell(ANNOUNCER, CodesChanged())
            if self.discord is not None:
                self.tell(WATCHER, self.discord.watches_changed)

    async def reload(self) -> dict[str, object]:
        """Read the configuration again. Raises `ConfigError`; then everything stays as it was."""
        read = load_config(self.config.path, os.environ)
        self.config, changed = reloadable_changes(self.config, read)
        keys = changed_keys(self.config, self.opened)
        fixed = [*changed, *(f"the signing key of [games.{name}]" for name in keys)]
        self.settings.redeem, self.settings.pool = redeem_policy(self.config), pool_policy(self.config)
        if self.vip is not None:
            self.vip.reconfigure(self.config.vip)
        set_level(self.config.perkd.log_level)
        self.tell(POOL, ReloadPool(self.settings.pool))
        for source in self.config.sources:
            self.tell(f"{POLLERS}/{source.name}", ReloadPoller(self.poller_policy(source)))
        for name in fixed:
            logger.warning("%s has changed, which needs a restart", name)
        logger.info("🔄 Configuration read again", extra={"needs_restart": fixed})
        return {"reloaded": True, "needs_restart": fixed}

    def tell(self, path: str, message: object) -> None:
        """Tell an actor of a change; one that can't be told is named in the log."""
        try:
            self.tree.ref(path).tell(message)
        except (KeyError, MailboxFull, ActorDead) as error:
            logger.warning("%s could not be told of a change: %s", path, error)


@asynccontextmanager
async def open_daemon(config: Config, board: Board | None = None) -> AsyncIterator[Daemon]:
    """A daemon with its adapters open and its tree assembled, not yet running."""
    clock = SteadyClock()
    discord = discord_parts(config, clock)
    made = Daemon(config, clock, settings_of(config), board or _board(config, discord), discord)
    people = None if discord is None else discord.captchas
    async with AsyncExitStack() as stack:
        made.opened = await open_adapters(config, clock, made.poller_policy, stack, people)
        made.vip = await open_vip(config, clock, discord, made.opened.notes, stack)
        made.assemble()
        yield made


def _board(config: Config, discord: "DiscordParts | None") -> Board:
    terminal = TerminalBoard()
    elsewhere: Board = terminal if discord is None else discord.board
    return RoutedBoard(terminal, elsewhere, load_boards(config, add_secret))
