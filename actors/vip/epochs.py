"""The wall between leases: a Telegram call is let through only while its lease is the current one."""

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import trio
from attrs import define, field

from actors.vip.ports import Content, Desk, DeskMessage, Lease, Mark, WrongEpoch


@define(eq=False)
class Epochs:
    """Which lease of each account is current, and which calls are under way."""

    _current: dict[str, int] = field(factory=dict)
    _under_way: Counter[str] = field(factory=Counter)
    _idle: dict[str, trio.Event] = field(factory=dict)

    def open(self, lease: Lease) -> None:
        """From now on this lease may be used, and no other of its account."""
        self._current[lease.account] = lease.epoch

    def close(self, account: str) -> None:
        """From now on no lease of the account may be used."""
        self._current.pop(account, None)

    def is_current(self, lease: Lease) -> bool:
        """Whether this lease may be used."""
        return self._current.get(lease.account) == lease.epoch

    @contextmanager
    def using(self, lease: Lease) -> Generator[None]:
        """Around one call. Raises `WrongEpoch`, and the call must not be made."""
        if not self.is_current(lease):
            raise WrongEpoch(f"the lease of {lease} is over")
        self._under_way[lease.account] += 1
        try:
            yield
        finally:
            self._under_way[lease.account] -= 1
            if not self._under_way[lease.account] and lease.account in self._idle:
                self._idle.pop(lease.account).set()

    async def idle(self, account: str) -> None:
        """Wait until no call of the account is under way."""
        while self._under_way[account]:
            await self._idle.setdefault(account, trio.Event()).wait()


@define(eq=False)
class GuardedDesk:
    """A `Desk` for those who hold leases: calls with an old one raise `WrongEpoch`, and go nowhere."""

    _desk: Desk
    _epochs: Epochs

    async def send(self, lease: Lease, content: Content, random_id: int, reply_to: str = "") -> str:
        """See `Desk.send`."""
        with self._epochs.using(lease):
            return await self._desk.send(lease, content, random_id, reply_to)

    async def edit(self, lease: Lease, message: str, content: Content) -> None:
        """See `Desk.edit`."""
        with self._epochs.using(lease):
            await self._desk.edit(lease, message, content)

    async def delete(self, lease: Lease, message: str) -> None:
        """See `Desk.delete`."""
        with self._epochs.using(lease):
            await self._desk.delete(lease, message)

    async def mark(self, lease: Lease, message: str, mark: Mark) -> None:
        """See `Desk.mark`."""
        with self._epochs.using(lease):
            await self._desk.mark(lease, message, mark)

    async def message(self, lease: Lease, message: str) -> DeskMessage:
        """See `Desk.message`."""
        with self._epochs.using(lease):
            return await self._desk.message(lease, message)

    async def history(self, lease: Lease, after: str, limit: int) -> Sequence[DeskMessage]:
        """See `Desk.history`."""
        with self._epochs.using(lease):
            return await self._desk.history(lease, after, limit)

    async def clear_step(self, lease: Lease) -> int:
        """See `Desk.clear_step`."""
        with self._epochs.using(lease):
            return await self._desk.clear_step(lease)

    async def is_empty(self, lease: Lease) -> bool:
        """See `Desk.is_empty`."""
        with self._epochs.using(lease):
            return await self._desk.is_empty(lease)

    async def probe(self, account: str) -> None:
        """See `Desk.probe`."""
        await self._desk.probe(account)
