"""Which accounts are having their history cleared at this moment."""

from collections.abc import Callable

from attrs import define, field, frozen

from actors.vip.clearing import Cleared, clear
from actors.vip.model import VIPAccount
from actors.vip.pool_ports import PoolPorts
from actors.vip.ports import Lease
from supervision import ActorRef


@frozen
class ClearingDone:
    """Told to the pool; of an account with a newer epoch it means nothing."""

    account: str
    epoch: int
    outcome: Cleared


@define(eq=False)
class Clearings:
    """One at a time of each account."""

    _ports: PoolPorts
    _pool: ActorRef
    _start_soon: Callable[..., None]
    _under_way: set[str] = field(factory=set, init=False)
    _back: set[str] = field(factory=set, init=False)
    """Connected again while it was being cleared, perhaps in vain."""

    def begin(self, account: VIPAccount) -> None:
        """Clear it, unless that is being done."""
        if account.name not in self._under_way:
            self._under_way.add(account.name)
            self._start_soon(self._clear, Lease(account.name, account.epoch))

    def connected(self, account: VIPAccount) -> bool:
        """It is connected again. False: it is not being cleared."""
        if account.name not in self._under_way:
            return False
        self._back.add(account.name)
        return True

    def over(self, account: str) -> bool:
        """It is done; tells whether the account was connected again meanwhile."""
        self._under_way.discard(account)
        back = account in self._back
        self._back.discard(account)
        return back

    async def _clear(self, lease: Lease) -> None:
        ports = self._ports
        outcome = await clear(ports.desk, ports.epochs, lease, ports.policy())
        await self._pool.send(ClearingDone(lease.account, lease.epoch, outcome))
