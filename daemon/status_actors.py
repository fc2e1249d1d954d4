"""The actors below `status`: how a daemon is seen from outside, and what is beside its work."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

import daemon
from actors.giftcodes.campaign_messages import CampaignStatus
from actors.giftcodes.session_pool import PoolStatus
from actors.ports import StoreUnavailable
from actors.storage import StorageStatus
from daemon.assembly import CAMPAIGN, POOL, STORAGE
from daemon.audit_pruning import AuditActor
from daemon.backups import BackupActor, BackupPlan
from daemon.config import Config
from daemon.control.actor import ControlActor
from daemon.notify import Notifier, NotifyActor, from_environment
from daemon.service.audit import CLI
from daemon.setup_check import SetupActor
from daemon.storing import database, mongodb_address, where_state_is
from daemon.vip.orders import AccountOrders
from daemon.web.actions import Actions
from supervision import Actor, Tree

if TYPE_CHECKING:
    from daemon.app import Daemon


@frozen
class StatusActors:
    """Makes them for one daemon."""

    made: "Daemon"

    def wanted(self) -> dict[str, Callable[[Tree], Actor]]:
        """Those that its configuration and its environment ask for, by name."""
        config = self.made.config
        actors: dict[str, Callable[[Tree], Actor]] = {"setup": self._setup, "control": self._control}
        if config.status.listen:
            actors["web"] = self._web
        if config.storage.backup_every:
            actors["backups"] = self._backups
        if config.storage.audit_days:
            actors["audit"] = lambda _tree: AuditActor(self.made.service(), config.storage.audit_days)
        if (notifier := from_environment()) is not None:
            actors["notify"] = lambda tree: self._notify(tree, notifier)
        return actors

    def _setup(self, tree: Tree) -> SetupActor:
        return SetupActor(self.made.store, tree.ref(POOL), self.made.opened.setups)

    def _control(self, tree: Tree) -> ControlActor:
        made, service = self.made, self.made.service()
        orders = Actions(tree, service, tree.ref(POOL).tell, CLI)
        more = [*orders.game_routes(), *AccountOrders(tree, service, CLI).routes()]
        return ControlActor(made.config.status.socket, service, made.report.make, made.reload, more)

    def _web(self, _tree: Tree) -> Actor:
        assert self.made.web is not None  # noqa: S101 - made with the tree
        return self.made.web.actor()

    def _backups(self, _tree: Tree) -> BackupActor:
        made = self.made
        plan = backup_plan(made.config)
        return BackupActor(database(made.config), plan, made.clock, made.last_backup, self._stale)

    async def _stale(self) -> str:
        """Why the file is not the state now; "" where it is."""
        if mongodb_address(self.made.config) is None:
            return ""  # also where the storage does not answer: a file that can be copied is the state
        try:
            return (await self.made.store.status()).stale
        except StoreUnavailable as error:
            return str(error)

    def _notify(self, tree: Tree, notifier: Notifier) -> NotifyActor:
        questions = ((CAMPAIGN, CampaignStatus()), (POOL, PoolStatus()), (STORAGE, StorageStatus()))
        return NotifyActor(
            notifier,
            [(tree.ref(path), question) for path, question in questions],
            lambda: tree.supervisor().running and tree.snapshot().state == "running",
            lambda: f"perkd {daemon.__version__}; state is in {where_state_is(self.made.config)}",
        )


def backup_plan(config: Config) -> BackupPlan:
    """`[storage] backup_…`."""
    storage = config.storage
    directory = storage.backup_dir or config.perkd.data_dir / "backups"
    return BackupPlan(directory, storage.backup_every, storage.backup_keep)
