"""What of VIP threads lives as long as the process, and what the tree is given of it."""

from typing import TYPE_CHECKING

import httpx
from attrs import define, field

from actors.ports import Clock
from actors.vip.policy import VIPPolicy
from daemon.assembly_gateways import TELEGRAM
from daemon.assembly_vip import ACCOUNT_POOL, OFFICE, VIPHalf, VIPParts, vip_spec
from daemon.config import Config, VipConfig
from daemon.discord.parts import DiscordParts
from daemon.discord.vip.parts import VIPDiscord
from daemon.discord.vip.places import VIPPlaces
from daemon.discord.vip.reception import Reception
from daemon.storage.holder import holder_id
from daemon.telegram.actor import TelegramActor, TelegramPorts
from daemon.telegram.desk import TelegramDesk
from daemon.telegram.keeping import SessionKeeping
from daemon.telegram.keys import SessionKey
from daemon.telegram.leases import AccountLeases, reaching_mongodb
from daemon.telegram.link import TelegramLink
from daemon.telegram.values import Application
from daemon.vip.attachments import Attachments
from daemon.vip.desk_files import DeskFiles, read
from daemon.vip.pool_line import PoolLine
from daemon.vip.settings import vip_places, vip_policy
from daemon.vip.showing import Show
from daemon.vip_relaying import PLANNER
from daemon.vip_relaying import TELEGRAM as DESK_LIMITS
from daemon.vip_report import VIPReport
from supervision import Actor, Tree

if TYPE_CHECKING:
    from daemon.app import Daemon


@define(eq=False)
class VIPSide:
    """One for the process: adapters of both sides. Actors come and go."""

    config: Config
    clock: Clock
    discord: DiscordParts
    application: Application
    client: httpx.AsyncClient
    """Fetches what members attach."""
    session_key: SessionKey | None = None
    """Seals the accounts' sessions for the store; None: they are in their files alone."""
    policy: VIPPolicy = field(init=False)
    places: VIPPlaces = field(init=False)
    _revoke: bool = field(init=False)
    telegram: TelegramLink = field(factory=TelegramLink, init=False)
    threads: VIPDiscord = field(init=False)
    desk: TelegramDesk = field(init=False)
    _leases: AccountLeases | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.reconfigure(self.config.vip)
        attachments = Attachments(self.client, DESK_LIMITS.file)
        self.desk = TelegramDesk(self.telegram, Show(attachments.open), read, lambda: self._revoke)
        self.threads = VIPDiscord(
            link=self.discord.link,
            places=lambda: self.places,
            policy=lambda: self.policy,
            open_file=DeskFiles(self.telegram).open,
        )

    def reconfigure(self, vip: VipConfig) -> None:
        """Take over what may change while the daemon runs."""
        self.policy, self.places, self._revoke = vip_policy(vip), vip_places(vip), vip.revoke_history

    def half(self, made: "Daemon") -> VIPHalf:
        """What is added to the daemon's tree."""
        return VIPHalf(
            vip_spec(
                VIPParts(
                    tree=lambda: made.tree,
                    store=lambda: made.store,
                    clock=self.clock,
                    threads=self.threads.threads,
                    desk=self.desk,
                    answers=self.threads.answers,
                    staff=self.threads.staff_log,
                    planner=PLANNER,
                    policy=lambda: self.policy,
                    accounts=tuple(account.name for account in self.config.telegram.accounts),
                    live=self.threads.live,
                )
            ),
            {
                "telegram": lambda tree: self._telegram(tree, made),
                "vip": lambda tree: self.threads.watcher(tree.ref(OFFICE)),
            },
        )

    def report(self, tree: Tree) -> VIPReport:
        """VIP's part of the status."""
        return VIPReport(tree.ref(OFFICE), tree.ref(ACCOUNT_POOL), tree.ref(TELEGRAM), self.clock)

    def reception(self, tree: Tree) -> Reception:
        """What the button and the commands work with."""
        return self.threads.reception(tree.ref(OFFICE), self.report(tree).make)

    def _telegram(self, tree: Tree, made: "Daemon") -> Actor:
        key = self.session_key
        if self._leases is None:
            self._leases = account_leases(self.config, made, elsewhere=key is not None)
        return TelegramActor(
            TelegramPorts(
                link=self.telegram,
                sessions=tuple((one.name, one.session) for one in self.config.telegram.accounts),
                desk=self.config.vip.desk,
                application=self.application,
                read=read,
                tell=PoolLine(tree.ref(ACCOUNT_POOL)),
                keeping=None if key is None else SessionKeeping(made.store, key, self.clock),
                leases=self._leases,
            )
        )


def account_leases(config: Config, made: "Daemon", *, elsewhere: bool) -> AccountLeases:
    """Says when accounts may connect.

    `elsewhere`: their sessions are in the store, so a daemon on another host could connect with them. Then a
    lease counts once MongoDB, where that one would look, has it. Sessions that are in this host's files alone
    do not have to wait for MongoDB.
    """
    reached = reaching_mongodb(made.store.status) if elsewhere else None
    return AccountLeases(made.store, holder_id(config.perkd.data_dir), reached)
