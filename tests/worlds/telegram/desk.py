"""Somebody who writes to accounts: the desk, or a stranger."""

from typing import TYPE_CHECKING, Any

from attrs import frozen
from telethon.tl import types  # type: ignore[import-untyped]

from tests.worlds.telegram.state import Account, Message, Person, now, random_hash

if TYPE_CHECKING:
    from tests.worlds.telegram.centre import DataCentre


@frozen
class Talker:
    """What one person does, as the accounts see it."""

    centre: "DataCentre"
    person: Person

    def say(self, account: Account, text: str, **fields: Any) -> Message:
        """Write to an account; `entities`, `reply_to` (the account's message id), `media`."""
        message, happened = account.add(self.person, text, out=False, **fields)
        self.centre.tell(account, happened)
        return message

    def edit(self, account: Account, message: Message, text: str, **fields: Any) -> None:
        message.text = text
        message.entities = fields.get("entities", [])
        message.edit_date = now()
        self.centre.tell(account, account.note("edited", [message.id]))

    def react(self, account: Account, message: Message) -> None:
        """What clients get as an edit that nobody is to see as one."""
        message.edit_date, message.edit_hide = now(), True
        self.centre.tell(account, account.note("edited", [message.id]))

    def delete(self, account: Account, *messages: Message) -> None:
        """For both."""
        for message in messages:
            message.here = message.there = False
        self.centre.tell(account, account.note("deleted", [message.id for message in messages]))

    def send_file(
        self, account: Account, data: bytes, name: str, text: str = "", mime: str = "text/plain"
    ) -> Message:
        """A document with a caption."""
        return self.say(account, text, media=document(self.centre, data, name, mime))


def document(
    centre: "DataCentre", data: bytes, name: str, mime: str, attributes: list[Any] | None = None
) -> types.MessageMediaDocument:
    """A file that clients can fetch."""
    file_id = random_hash()
    centre.files[file_id] = data
    named = [types.DocumentAttributeFilename(name)] if name else []
    kept = types.Document(
        id=file_id,
        access_hash=random_hash(),
        file_reference=b"reference",
        date=now(),
        mime_type=mime,
        size=len(data),
        dc_id=2,
        attributes=[*(attributes or []), *named],
    )
    return types.MessageMediaDocument(document=kept)


def photo(centre: "DataCentre", data: bytes) -> types.MessageMediaPhoto:
    """A picture that clients can fetch, of one size."""
    file_id = random_hash()
    centre.files[file_id] = data
    kept = types.Photo(
        id=file_id,
        access_hash=random_hash(),
        file_reference=b"reference",
        date=now(),
        sizes=[types.PhotoSize("x", 640, 480, len(data))],
        dc_id=2,
    )
    return types.MessageMediaPhoto(photo=kept)
