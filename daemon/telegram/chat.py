"""What one account does in its chat with the desk. All of it runs in the loop's thread."""

from collections import OrderedDict
from typing import Any

from attrs import define, field
from telethon import TelegramClient, errors  # type: ignore[import-untyped]
from telethon.tl import functions, types  # type: ignore[import-untyped]

from actors.vip.ports import AccountDead, Gone, Refused
from daemon.telegram.client import bounded, request
from daemon.telegram.reading import read_message, write_entities
from daemon.telegram.values import Outgoing, TelegramMessage, Upload

FILE_WITHIN = 300.0
"""Seconds for a file, up or down."""
_PAGE = 100
_REMEMBERED = 500


@define(eq=False)
class DeskChat:
    """The chat, through a client that is connected. Raises the port's errors."""

    client: TelegramClient
    peer: types.InputPeerUser
    sent: "OrderedDict[int, int]" = field(factory=OrderedDict)
    """Message ids by random id, of the last ones that were sent, also through earlier connections."""

    async def send(self, message: Outgoing, random_id: int, reply_to: int | None = None) -> int | None:
        """Send; returns the message's id.

        The same `random_id` makes no second message: the first one's id is returned then, None where it
        can't be found.
        """
        if random_id in self.sent:
            return self.sent[random_id]
        reply = None if reply_to is None else types.InputReplyToMessage(reply_to)
        fields = {
            "peer": self.peer,
            "message": message.text,
            "entities": write_entities(message.entities),
            "reply_to": reply,
            "random_id": random_id,
        }
        try:
            if message.upload is None:
                answer = await request(
                    self.client, functions.messages.SendMessageRequest(no_webpage=True, **fields)
                )
            else:
                media = await self._upload(message.upload)
                answer = await request(
                    self.client, functions.messages.SendMediaRequest(media=media, **fields), FILE_WITHIN
                )
        except Exception as error:
            if not isinstance(error.__cause__, errors.RandomIdDuplicateError):
                raise
            return await self._find_sent(message, random_id)
        return self._remember(random_id, _id_in(answer, random_id))

    async def edit(self, id_: int, message: Outgoing) -> None:
        """Show another text. Raises `Gone`, `Refused`."""
        asked = functions.messages.EditMessageRequest(
            peer=self.peer,
            id=id_,
            message=message.text,
            entities=write_entities(message.entities),
            no_webpage=True,
        )
        try:
            await request(self.client, asked)
        except Refused as refused:
            if not isinstance(refused.__cause__, errors.MessageNotModifiedError):
                raise

    async def delete(self, *ids: int) -> None:
        """Delete for both; those that are gone are fine."""
        await request(self.client, functions.messages.DeleteMessagesRequest(id=list(ids), revoke=True))

    async def react(self, id_: int, emoji: str | None) -> None:
        """Put a reaction on a message, or (None) take ours away."""
        reaction = [types.ReactionEmoji(emoji)] if emoji else []
        asked = functions.messages.SendReactionRequest(peer=self.peer, msg_id=id_, reaction=reaction)
        await request(self.client, asked)

    async def message(self, id_: int) -> TelegramMessage:
        """One message as it is now. Raises `Gone`."""
        return read_message(await self._message(id_))

    async def history(self, after: int, limit: int) -> list[TelegramMessage]:
        """The messages with larger ids than `after`, oldest first, at most `limit`."""
        found: list[TelegramMessage] = []
        while len(found) < limit:
            wanted = min(_PAGE, limit - len(found))
            page = await self._page(after, wanted)
            found += [read_message(message) for message in page if isinstance(message, types.Message)]
            if not page:
                break
            after = page[-1].id
        return found

    async def clear_step(self, revoke: bool) -> int:
        """Delete a piece of the history, with `revoke` for both; what is left to ask for."""
        asked = functions.messages.DeleteHistoryRequest(peer=self.peer, max_id=0, revoke=revoke)
        affected = await request(self.client, asked)
        return int(affected.offset)

    async def is_empty(self) -> bool:
        """Whether there is no message left."""
        return not await self._page(0, 1)

    async def fetch(self, id_: int, limit: int) -> bytes:
        """The file of a message, of at most `limit` bytes. Raises `Gone`, `Refused`."""
        message = await self._message(id_)
        media = read_message(message).media
        if media is None or not media.size:
            raise Gone("the message has no file")
        if media.size > limit:
            raise Refused(f"the file has {media.size} bytes, more than {limit}")
        data = await bounded(FILE_WITHIN, self.client.download_media, message, bytes)
        if data is None:
            raise Gone("Telegram does not give the file")
        return bytes(data)

    async def probe(self) -> None:
        """Return if the account works. Raises `AccountDead`."""
        await probe(self.client)

    async def _message(self, id_: int) -> types.Message:
        asked = functions.messages.GetMessagesRequest(id=[types.InputMessageID(id_)])
        for message in (await request(self.client, asked)).messages:
            if isinstance(message, types.Message) and is_with(message, self.peer):
                return message
        raise Gone("Telegram has no such message")

    async def _page(self, after: int, limit: int) -> list[Any]:
        asked = functions.messages.GetHistoryRequest(
            peer=self.peer,
            offset_id=after + 1,
            offset_date=None,
            add_offset=-limit,
            limit=limit,
            max_id=0,
            min_id=after,
            hash=0,
        )
        messages: list[Any] = (await request(self.client, asked)).messages
        return sorted((message for message in messages if message.id > after), key=lambda message: message.id)

    async def _upload(self, upload: Upload) -> Any:
        handle = await bounded(FILE_WITHIN, self.client.upload_file, upload.data, file_name=upload.name)
        if upload.picture:
            return types.InputMediaUploadedPhoto(file=handle)
        named = types.DocumentAttributeFilename(upload.name)
        return types.InputMediaUploadedDocument(
            file=handle, mime_type=upload.mime, attributes=[named], force_file=True
        )

    async def _find_sent(self, message: Outgoing, random_id: int) -> int | None:
        """The newest own message that says the same, and is none that was sent with another random id."""
        others = set(self.sent.values())
        asked = functions.messages.GetHistoryRequest(self.peer, 0, None, 0, _PAGE, 0, 0, 0)
        for found in (await request(self.client, asked)).messages:
            same = isinstance(found, types.Message) and found.out and found.message == message.text.strip()
            if same and found.id not in others and (found.media is not None) >= (message.upload is not None):
                return self._remember(random_id, found.id)
        return None

    def _remember(self, random_id: int, id_: int) -> int:
        self.sent[random_id] = id_
        if len(self.sent) > _REMEMBERED:
            self.sent.popitem(last=False)
        return id_


async def probe(client: TelegramClient) -> types.User:
    """Who the account is, asked of Telegram: a connection alone says nothing. Raises `AccountDead`."""
    found = await request(client, functions.users.GetUsersRequest([types.InputUserSelf()]))
    if not found or not isinstance(found[0], types.User) or found[0].deleted:
        raise AccountDead("the account was deleted")
    return found[0]


async def find_desk(client: TelegramClient, desk: str) -> types.InputPeerUser:
    """The desk, by `@username` or by the id of somebody the account has met. Raises `Refused`."""
    name = desk.removeprefix("@")
    try:
        peer = client.session.get_input_entity(int(name) if desk[:1] != "@" else name)
    except ValueError:
        if desk[:1] != "@":
            raise Refused(f"desk = {desk!r}: the account has not met this user yet; use @username") from None
        found = await _resolve(client, name)
        peer = next((types.InputPeerUser(user.id, user.access_hash) for user in found.users), None)
    if not isinstance(peer, types.InputPeerUser):
        raise Refused(f"desk = {desk!r} is no user; the desk has to be a person's or a bot's account")
    return peer


async def _resolve(client: TelegramClient, name: str) -> Any:
    try:
        return await request(client, functions.contacts.ResolveUsernameRequest(name))
    except Refused as refused:
        if isinstance(refused.__cause__, errors.UsernameNotOccupiedError | errors.UsernameInvalidError):
            raise Refused(f"desk = '@{name}': nobody on Telegram has this name; change [vip] desk") from None
        raise


def is_with(message: Any, peer: types.InputPeerUser) -> bool:
    """Whether the message is in the chat with this user."""
    where = message.peer_id
    return isinstance(where, types.PeerUser) and where.user_id == peer.user_id


def _id_in(answer: Any, random_id: int) -> int:
    if isinstance(answer, types.UpdateShortSentMessage):
        return int(answer.id)
    for update in answer.updates:
        if isinstance(update, types.UpdateMessageID) and update.random_id == random_id:
            return int(update.id)
    raise Gone("Telegram did not say which message it made")
