"""Which accounts are having their history cleared at this moment."""

from collections.abc import Callable
from functools import partial

from attrs import define, field, frozen

from actors.vip.clearing import Cleared, clear
from actors.vip.late_answers import LateAnswers
from actors.vip.model import AccountState, VIPAccount
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
    _late: LateAnswers
    _under_way: set[str] = field(factory=set, init=False)
    _back: set[str] = field(factory=set, init=False)
    """Connected again while it was being cleared, perhaps in vain."""
    _written: set[str] = field(factory=set, init=False)
    """Written to while it was being cleared, perhaps after it was seen empty."""

    def begin(self, account: VIPAccount) -> None:
        """Clear it, unless that is being done."""
        if account.name not in self._under_way:
            self._under_way.add(account.name)
            self._start_soon(self._clear, Lease(account.name, account.epoch), account.seen)

    def connected(self, account: VIPAccount) -> bool:
        """It is connected again. False: it is not being cleared."""
        if account.name not in self._under_way:
            return False
        self._back.add(account.name)
        return True

    def written(self, account: VIPAccount) -> bool:
        """The desk wrote to it. False: it is not being cleared."""
        if account.name not in self._under_way:
            return False
        self._written.add(account.name)
        return True

    def over(self, done: ClearingDone) -> bool:
        """It is done; tells whether something happened meanwhile for which it has to be done again."""
        account, outcome = done.account, done.outcome
        self._under_way.discard(account)
        back, written = account in self._back, account in self._written
        self._back.discard(account)
        self._written.discard(account)
        return (back and outcome.passing) or (written and outcome.state is AccountState.FREE)

    async def _clear(self, lease: Lease, seen: str) -> None:
        ports = self._ports
        read = partial(self._late.read, lease, seen)
        outcome = await clear(ports.desk, ports.epochs, lease, ports.policy(), read)
        await self._pool.send(ClearingDone(lease.account, lease.epoch, outcome))
