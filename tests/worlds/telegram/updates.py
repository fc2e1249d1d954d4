"""What happened in an account, as updates that are pushed and as differences that are asked for."""

from collections.abc import Iterable, Iterator

from telethon.tl import types  # type: ignore[import-untyped]

from tests.worlds.telegram.state import Account, Happened, Message, Person, now


def as_update(account: Account, happened: Happened) -> types.TLObject | None:
    """One entry of the log; None where what it is about is gone."""
    if happened.kind == "deleted":
        return types.UpdateDeleteMessages(list(happened.ids), happened.pts, happened.count)
    message = account.messages[happened.ids[0]]
    if not message.here:
        return None
    build = types.UpdateNewMessage if happened.kind == "new" else types.UpdateEditMessage
    return build(message.as_tl(), happened.pts, happened.count)


def as_updates(account: Account, happened: Happened) -> types.TLObject | None:
    """What is pushed: short where Telegram is short, which is where a message has nothing but text."""
    message = account.messages.get(happened.ids[0])
    if happened.kind == "new" and message and message.here and message.media is None:
        return _short(message, happened)
    update = as_update(account, happened)
    if update is None:
        return None
    people = [] if happened.kind == "deleted" or message is None else [message.peer]
    return together([update], account, people)


def _short(message: Message, happened: Happened) -> types.UpdateShortMessage:
    full = message.as_tl()
    return types.UpdateShortMessage(
        id=message.id,
        user_id=message.peer.id,
        message=message.text,
        pts=happened.pts,
        pts_count=happened.count,
        date=message.date,
        out=message.out,
        entities=full.entities,
        reply_to=full.reply_to,
    )


def together(updates: list[types.TLObject], account: Account, people: Iterable[Person]) -> types.Updates:
    """Updates with the people they are about."""
    return types.Updates(updates=updates, users=users(account, people), chats=[], date=now(), seq=0)


def users(account: Account, people: Iterable[Person]) -> list[types.User]:
    """Each once, and the account's own person."""
    return [
        person.as_user(myself=person is account.person)
        for person in {person.id: person for person in (account.person, *people)}.values()
    ]


def state_of(account: Account, pts: int | None = None) -> types.updates.State:
    return types.updates.State(account.pts if pts is None else pts, 0, now(), 1, unread_count=0)


def difference(account: Account, pts: int, limit: int) -> types.TLObject:
    """What happened behind `pts`, at most `limit` entries."""
    if pts >= account.pts:
        return types.updates.DifferenceEmpty(now(), 1)
    behind = [happened for happened in account.log if happened.pts > pts]
    part = behind[:limit]
    new = [message.as_tl() for message in _new(account, part)]
    others = [as_update(account, happened) for happened in part if happened.kind != "new"]
    people = {message.peer.id: message.peer for message in account.messages.values()}
    fields = {
        "new_messages": new,
        "new_encrypted_messages": [],
        "other_updates": [update for update in others if update is not None],
        "chats": [],
        "users": users(account, people.values()),
    }
    if len(part) < len(behind):
        return types.updates.DifferenceSlice(intermediate_state=state_of(account, part[-1].pts), **fields)
    return types.updates.Difference(state=state_of(account), **fields)


def _new(account: Account, part: list[Happened]) -> Iterator[Message]:
    for happened in part:
        if happened.kind == "new" and (message := account.messages[happened.ids[0]]).here:
            yield message
