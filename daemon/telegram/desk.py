"""The port to the desk, through the accounts. Which lease may be used, others see to."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from attrs import define, evolve, field

from actors.vip.model import AccountState
from actors.vip.pool_messages import AccountOut, DeskDeleted, DeskEdited, DeskPosted, DeskResync
from actors.vip.ports import Content, DeskMessage, Gone, Lease, Mark, Refused, Unreachable
from daemon.telegram.account import Account
from daemon.telegram.chat import DeskChat
from daemon.telegram.link import TelegramLink
from daemon.telegram.values import (
    Connected,
    Deleted,
    Died,
    Edited,
    Event,
    Lost,
    NewMessage,
    Outgoing,
    TelegramMessage,
)
from daemon.vip.failures import Failures

REACTIONS = {Mark.WAITING: "👀", Mark.SENT: "👌", Mark.FAILED: "👎"}
"""Telegram lets everybody use these."""

Told = DeskPosted | DeskEdited | DeskDeleted | DeskResync | AccountOut
Read = Callable[[str, TelegramMessage], object]
"""Makes of an account's message what the planner understands."""


class Show(Protocol):
    """Makes of a content what Telegram gets."""

    async def __call__(
        self, content: Content, *, editing: bool = False, without_file: bool = False
    ) -> Outgoing:
        """It may have to fetch a file first; not where a message is only edited. Raises `Trouble`.

        `without_file`: the file can't be passed on, and is told in words.
        """
        ...


@define(eq=False)
class TelegramDesk:
    """See `actors.vip.ports.Desk`."""

    _link: TelegramLink
    _show: Show
    _read: Read
    _revoke: Callable[[], bool]
    """Whether a history is cleared for both sides."""
    _failures: Failures = field(factory=Failures)
    """Of files that Telegram does not take although it answers, by random id."""

    async def send(self, lease: Lease, content: Content, random_id: int, reply_to: str = "") -> str:
        """See `Desk.send`."""
        account, reply = self._link.account(lease.account), int(reply_to) if reply_to else None
        shown = await self._show(content)
        try:
            sent = await _send(account, shown, random_id, reply)
        except (Unreachable, Refused) as error:
            if shown.upload is None:
                raise
            await account.ask(DeskChat.probe)  # where Telegram is away, the file is not to blame
            trouble = self._failures.again(random_id, str(error))
            if isinstance(error, Unreachable) and not isinstance(trouble, Gone):
                raise
            sent = await _send(account, await self._show(content, without_file=True), random_id, reply)
        self._failures.forget(random_id)
        return sent

    async def edit(self, lease: Lease, message: str, content: Content) -> None:
        """See `Desk.edit`."""
        account = self._link.account(lease.account)
        await account.ask(DeskChat.edit, int(message), await self._show(content, editing=True))

    async def delete(self, lease: Lease, message: str) -> None:
        """See `Desk.delete`."""
        await self._link.account(lease.account).ask(DeskChat.delete, int(message))

    async def mark(self, lease: Lease, message: str, mark: Mark) -> None:
        """See `Desk.mark`."""
        await self._link.account(lease.account).ask(DeskChat.react, int(message), REACTIONS[mark])

    async def message(self, lease: Lease, message: str) -> DeskMessage:
        """See `Desk.message`."""
        found = await self._link.account(lease.account).ask(DeskChat.message, int(message))
        return as_desk_message(lease.account, found, self._read)

    async def history(self, lease: Lease, after: str, limit: int) -> Sequence[DeskMessage]:
        """See `Desk.history`."""
        found = await self._link.account(lease.account).ask(DeskChat.history, int(after or 0), limit)
        return [as_desk_message(lease.account, message, self._read) for message in found]

    async def clear_step(self, lease: Lease) -> int:
        """See `Desk.clear_step`."""
        return await self._link.account(lease.account).ask(DeskChat.clear_step, self._revoke())

    async def is_empty(self, lease: Lease) -> bool:
        """See `Desk.is_empty`."""
        return await self._link.account(lease.account).ask(DeskChat.is_empty)

    async def probe(self, account: str) -> None:
        """See `Desk.probe`."""
        await self._link.account(account).ask(DeskChat.probe)


async def _send(account: Account, message: Outgoing, random_id: int, reply_to: int | None) -> str:
    refused = None
    for outgoing, reply in _ever_plainer(message, reply_to):
        try:
            id_ = await account.ask(DeskChat.send, outgoing, random_id, reply)
        except Refused as error:
            refused = refused or error
        else:
            return "" if id_ is None else str(id_)
    raise refused or Refused("there is nothing to be sent")


def _ever_plainer(message: Outgoing, reply: int | None) -> Iterator[tuple[Outgoing, int | None]]:
    """The message, then with less: what it answers may be gone, and not every picture is one to Telegram."""
    yield message, reply
    if reply is not None:
        yield message, None
    if message.upload is not None and message.upload.picture:
        yield evolve(message, upload=evolve(message.upload, picture=False)), None


def as_desk_message(account: str, message: TelegramMessage, read: Read) -> DeskMessage:
    """A message as the port has it. Two edits within one second have the same version: so tells Telegram."""
    return DeskMessage(
        id=str(message.id),
        body=read(account, message),
        at=message.at,
        own=message.own,
        reply_to="" if message.reply_to is None else str(message.reply_to),
        version="" if message.edited_at is None else str(int(message.edited_at)),
    )


def as_told(event: Event, read: Read) -> Told | None:
    """What the pool is told of what happened in an account; None: nothing."""
    match event:
        case NewMessage(account, message):
            return DeskPosted(account, as_desk_message(account, message, read))
        case Edited(account, message):
            return DeskEdited(account, as_desk_message(account, message, read))
        case Deleted(account, ids):
            return DeskDeleted(account, tuple(map(str, ids)))
        case Connected(account):
            return DeskResync(account)
        case Died(account, reason):
            return AccountOut(account, AccountState.DEAD, reason)
        case Lost():
            return None
