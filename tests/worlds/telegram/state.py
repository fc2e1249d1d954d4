"""What Telegram knows: people, accounts, their messages; what happened in an account, numbered by `pts`."""

import os
from datetime import UTC, datetime
from itertools import count
from typing import Any

from attrs import define, field, frozen
from telethon.tl import types  # type: ignore[import-untyped]

from tests.worlds.telegram.srp import Verifier


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def random_hash() -> int:
    return int.from_bytes(os.urandom(8), "big", signed=True)


@define(eq=False)
class Person:
    """Somebody on Telegram."""

    id: int
    username: str
    first_name: str
    access_hash: int = field(factory=random_hash)
    phone: str = ""

    def as_user(self, myself: bool = False) -> types.User:
        """As an account sees this person."""
        return types.User(
            id=self.id,
            is_self=myself,
            access_hash=self.access_hash,
            first_name=self.first_name,
            username=self.username or None,
            phone=self.phone.lstrip("+") or None,
        )


@define(eq=False)
class Message:
    """A message in an account's box. `id` counts per account, as in Telegram's private chats."""

    id: int
    peer: Person
    out: bool
    text: str
    entities: list[Any] = field(factory=list)
    media: Any = None
    reply_to: int | None = None
    random_id: int | None = None
    date: datetime = field(factory=now)
    edit_date: datetime | None = None
    edit_hide: bool = False
    reactions: list[str] = field(factory=list)
    """The account's own."""
    here: bool = True
    """The account still has it."""
    there: bool = True
    """The other one still has it."""

    def as_tl(self) -> types.Message:
        reply = None if self.reply_to is None else types.MessageReplyHeader(reply_to_msg_id=self.reply_to)
        return types.Message(
            id=self.id,
            peer_id=types.PeerUser(self.peer.id),
            date=self.date,
            message=self.text,
            out=self.out,
            media=self.media,
            entities=self.entities or None,
            reply_to=reply,
            edit_date=self.edit_date,
            edit_hide=self.edit_hide or None,
        )


@frozen
class Happened:
    """Something in an account's box; `ids` are those of its messages."""

    pts: int
    count: int
    kind: str
    """`new`, `edited` or `deleted`."""
    ids: tuple[int, ...]


@define(eq=False)
class Account:
    """A person that clients sign in as."""

    name: str
    person: Person
    code: str
    password: Verifier | None
    messages: dict[int, Message] = field(factory=dict)
    pts: int = 1
    log: list[Happened] = field(factory=list)
    random_ids: dict[int, int] = field(factory=dict)
    dead: str = ""
    """The error that each of its requests gets."""
    code_hash: str = ""
    _ids: Any = field(factory=lambda: count(1))

    def add(self, peer: Person, text: str, *, out: bool, **fields: Any) -> tuple[Message, Happened]:
        """A new message in the box."""
        message = Message(next(self._ids), peer, out, text, **fields)
        self.messages[message.id] = message
        if message.random_id is not None:
            self.random_ids[message.random_id] = message.id
        return message, self.note("new", [message.id])

    def note(self, kind: str, ids: list[int]) -> Happened:
        """Number what happened."""
        self.pts += len(ids)
        happened = Happened(self.pts, len(ids), kind, tuple(ids))
        self.log.append(happened)
        return happened

    def chat(self, peer: Person) -> list[Message]:
        """What the account has of a chat, oldest first."""
        return [message for message in self.messages.values() if message.peer is peer and message.here]


@define(eq=False)
class Key:
    """What the data centre knows of an authorisation key."""

    account: Account | None = None
    waits_for_password: Account | None = None


@frozen
class Chat:
    """A look at the chat of an account and somebody."""

    account: Account
    peer: Person

    @property
    def messages(self) -> list[Message]:
        """What the account has, oldest first."""
        return self.account.chat(self.peer)

    @property
    def seen_by_peer(self) -> list[Message]:
        """What the other one has."""
        return [
            message
            for message in self.account.messages.values()
            if message.peer is self.peer and message.there
        ]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]
