"""Messages: sending, changing, deleting, reading."""

from typing import Any

from telethon.tl import functions, types  # type: ignore[import-untyped]
from telethon.tl.tlobject import TLObject  # type: ignore[import-untyped]

from tests.worlds.telegram.calls import Call, method
from tests.worlds.telegram.failures import RefusalError
from tests.worlds.telegram.methods_files import take_media
from tests.worlds.telegram.state import Message, Person, now
from tests.worlds.telegram.updates import as_update, together, users

TEXT, CAPTION, PAGE = 4096, 1024, 100


@method(functions.messages.SendMessageRequest)
def send_message(call: Call) -> types.UpdateShortSentMessage:
    if not call.request.message.strip():
        raise RefusalError("MESSAGE_EMPTY")
    if _units(call.request.message) > TEXT:
        raise RefusalError("MESSAGE_TOO_LONG")
    message, happened = _send(call, media=None)
    return types.UpdateShortSentMessage(
        id=message.id,
        pts=happened.pts,
        pts_count=happened.count,
        date=message.date,
        out=True,
        entities=message.entities or None,
    )


@method(functions.messages.SendMediaRequest)
def send_media(call: Call) -> types.Updates:
    if _units(call.request.message) > CAPTION:
        raise RefusalError("MEDIA_CAPTION_TOO_LONG")
    _refuse_repeats(call)
    message, happened = _send(call, media=take_media(call))
    update = as_update(call.account, happened)
    named = types.UpdateMessageID(message.id, call.request.random_id)
    return together([named, update], call.account, [message.peer])


@method(functions.messages.EditMessageRequest)
def edit_message(call: Call) -> types.Updates:
    message = call.account.messages.get(call.request.id)
    if message is None or not message.here or message.peer is not call.person(call.request.peer):
        raise RefusalError("MESSAGE_ID_INVALID")
    if not message.out:
        raise RefusalError("MESSAGE_AUTHOR_REQUIRED", 403)
    if message.text == call.request.message and message.entities == (call.request.entities or []):
        raise RefusalError("MESSAGE_NOT_MODIFIED")
    if _units(call.request.message) > (TEXT if message.media is None else CAPTION):
        raise RefusalError("MESSAGE_TOO_LONG")
    message.text, message.edit_date = call.request.message, now()
    message.entities = call.request.entities or []
    happened = call.account.note("edited", [message.id])
    call.centre.tell(call.account, happened, but=call.connection)
    return together([as_update(call.account, happened)], call.account, [message.peer])


@method(functions.messages.DeleteMessagesRequest)
def delete_messages(call: Call) -> types.messages.AffectedMessages:
    found = [call.account.messages.get(id_) for id_ in call.request.id]
    gone = [message for message in found if message is not None and message.here]
    return types.messages.AffectedMessages(**_remove(call, gone, bool(call.request.revoke)))


@method(functions.messages.DeleteHistoryRequest)
def delete_history(call: Call) -> types.messages.AffectedHistory:
    chat = call.account.chat(call.person(call.request.peer))
    newest_first = [m for m in reversed(chat) if not call.request.max_id or m.id <= call.request.max_id]
    step = call.centre.clear_step
    affected = _remove(call, newest_first[:step], bool(call.request.revoke))
    return types.messages.AffectedHistory(**affected, offset=max(0, len(newest_first) - step))


@method(functions.messages.GetHistoryRequest)
def get_history(call: Call) -> TLObject:
    asked = call.request
    peer = call.person(asked.peer)
    chat = call.account.chat(peer)[::-1]
    begin = sum(1 for m in chat if m.id >= asked.offset_id) if asked.offset_id else 0
    begin += asked.add_offset
    part = chat[max(0, begin) : max(0, begin + min(asked.limit, PAGE))]
    part = [m for m in part if (not asked.max_id or m.id < asked.max_id) and m.id > asked.min_id]
    return _answer(call, peer, part, len(chat))


@method(functions.messages.GetMessagesRequest)
def get_messages(call: Call) -> types.messages.Messages:
    found = []
    for asked in call.request.id:
        message = call.account.messages.get(asked.id)
        there = message is not None and message.here
        found.append(message.as_tl() if message and there else types.MessageEmpty(asked.id, None))
    people = [m.peer for m in call.account.messages.values()]
    return types.messages.Messages(found, [], [], users(call.account, people))


def _answer(call: Call, peer: Person, part: list[Message], total: int) -> TLObject:
    told = {
        "messages": [m.as_tl() for m in part],
        "topics": [],
        "chats": [],
        "users": users(call.account, [peer]),
    }
    if len(part) < total:
        return types.messages.MessagesSlice(count=total, **told)
    return types.messages.Messages(**told)


def _send(call: Call, media: Any) -> tuple[Message, Any]:
    _refuse_repeats(call)
    asked = call.request
    reply = asked.reply_to.reply_to_msg_id if asked.reply_to is not None else None
    message, happened = call.account.add(
        call.person(asked.peer),
        asked.message,
        out=True,
        entities=list(asked.entities or []),
        media=media,
        reply_to=reply,
        random_id=asked.random_id,
    )
    call.centre.tell(call.account, happened, but=call.connection)
    return message, happened


def _refuse_repeats(call: Call) -> None:
    if call.request.random_id in call.account.random_ids:
        raise RefusalError("RANDOM_ID_DUPLICATE")


def _remove(call: Call, messages: list[Message], revoke: bool) -> dict[str, int]:
    for message in messages:
        message.here = False
        message.there = message.there and not revoke
    if not messages:
        return {"pts": call.account.pts, "pts_count": 0}
    happened = call.account.note("deleted", [message.id for message in messages])
    call.centre.tell(call.account, happened, but=call.connection)
    return {"pts": happened.pts, "pts_count": happened.count}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
