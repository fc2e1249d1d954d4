"""What the account pool needs of the world."""

from collections.abc import Callable

from attrs import frozen

from actors.ports import Clock, Store
from actors.vip.epochs import Epochs
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Desk, StaffLog


@frozen
class PoolPorts:
    """What the pool needs."""

    store: Store
    clock: Clock
    desk: Desk
    """Unguarded: the pool clears what nobody has leased."""
    epochs: Epochs
    staff: StaffLog
    policy: Callable[[], VIPPolicy]
    accounts: tuple[str, ...]
    """The names that are configured."""
