"""An account with the real Telethon and the stand-in: messages both ways, by the chat's methods."""

import pytest

from actors.vip.ports import FloodWait, Gone, Limited, Refused, Unreachable
from daemon.telegram.chat import DeskChat
from daemon.telegram.values import Deleted, Edited, Entity, NewMessage, Outgoing


async def test_a_message_is_sent_with_its_formatting_and_its_reply(line, telegram, desk_1):
    first = telegram.desk.say(desk_1, "Hello?")
    message = Outgoing("bold link", (Entity("Bold", 0, 4), Entity("TextUrl", 5, 4, "https://example.org/")))

    sent = await line.account.ask(DeskChat.send, message, 77, first.id)

    kept = telegram.chat(desk_1).messages[-1]
    assert (kept.id, kept.text, kept.out, kept.reply_to) == (sent, "bold link", True, first.id)
    assert [type(entity).__name__ for entity in kept.entities] == [
        "MessageEntityBold",
        "MessageEntityTextUrl",
    ]


async def test_what_the_desk_writes_edits_and_deletes_is_told_in_order(line, telegram, desk_1):
    message = telegram.desk.say(desk_1, "one")
    telegram.desk.say(desk_1, "two")
    telegram.desk.edit(desk_1, message, "one, corrected")
    telegram.desk.delete(desk_1, message)

    await line.wait_for(Deleted)

    assert [
        (type(event).__name__, getattr(getattr(event, "message", None), "text", ""))
        for event in line.told[1:]
    ] == [("NewMessage", "one"), ("NewMessage", "two"), ("Edited", "one, corrected"), ("Deleted", "")]
    assert line.told[-1] == Deleted("desk-1", (message.id,))


async def test_strangers_are_not_heard(line, telegram, desk_1):
    telegram.add_person("stranger").say(desk_1, "psst")
    telegram.desk.say(desk_1, "hello")

    told = await line.wait_for(NewMessage)

    assert told.message.text == "hello"


async def test_a_reaction_is_no_edit(line, telegram, desk_1):
    message = telegram.desk.say(desk_1, "one")
    telegram.desk.react(desk_1, message)
    telegram.desk.say(desk_1, "two")

    await line.wait_for(NewMessage, 2)

    assert not [event for event in line.told if isinstance(event, Edited)]


async def test_a_repeated_send_makes_no_second_message_and_gives_the_first_ones_id(line, telegram, desk_1):
    await line.account.ask(DeskChat.send, Outgoing("again"), 1)
    lost = telegram.faults.lose_answer("SendMessage", cut=True)

    with pytest.raises(Unreachable):
        await line.account.ask(DeskChat.send, Outgoing("again"), 2)
    await lost.reached.wait()
    await line.wait_for(type(line.told[0]), 2)
    repeated = await line.account.ask(DeskChat.send, Outgoing("again"), 2)

    assert telegram.chat(desk_1).texts == ["again", "again"]
    assert repeated == telegram.chat(desk_1).messages[-1].id


async def test_what_was_sent_is_edited_and_deleted_for_both(line, telegram, desk_1):
    sent = await line.account.ask(DeskChat.send, Outgoing("helo"), 1)

    await line.account.ask(DeskChat.edit, sent, Outgoing("hello"))
    await line.account.ask(DeskChat.edit, sent, Outgoing("hello"))
    edited = telegram.chat(desk_1).texts
    await line.account.ask(DeskChat.delete, sent)
    await line.account.ask(DeskChat.delete, sent)

    assert edited == ["hello"]
    assert telegram.chat(desk_1).seen_by_peer == []
    with pytest.raises(Gone):
        await line.account.ask(DeskChat.edit, sent, Outgoing("late"))
    with pytest.raises(Gone):
        await line.account.ask(DeskChat.message, sent)


async def test_the_history_is_read_by_id_in_pages(line, telegram, desk_1):
    ids = [telegram.desk.say(desk_1, f"message {number}").id for number in range(130)]
    telegram.add_person("stranger").say(desk_1, "psst")

    found = await line.account.ask(DeskChat.history, ids[3], 120)
    rest = await line.account.ask(DeskChat.history, found[-1].id, 100)
    none = await line.account.ask(DeskChat.history, ids[-1], 100)

    assert [message.id for message in found] == ids[4:124]
    assert [message.id for message in rest] == ids[124:]
    assert none == []


@pytest.mark.parametrize("revoke", [True, False])
async def test_the_history_is_cleared_in_steps_and_verified(line, telegram, desk_1, revoke):
    telegram.clear_step = 4
    for number in range(10):
        telegram.desk.say(desk_1, f"message {number}")
    empty = [await line.account.ask(DeskChat.is_empty)]

    left = [await line.account.ask(DeskChat.clear_step, revoke) for _ in range(3)]
    empty.append(await line.account.ask(DeskChat.is_empty))

    assert (left, empty) == ([6, 2, 0], [False, True])
    assert len(telegram.chat(desk_1).seen_by_peer) == (0 if revoke else 10)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("FLOOD_WAIT_30", FloodWait),
        ("PEER_FLOOD", Limited),
        ("FROZEN_METHOD_INVALID", Limited),
        ("CHAT_WRITE_FORBIDDEN", Refused),
        ("MESSAGE_ID_INVALID", Gone),
    ],
)
async def test_errors_are_told_as_the_ports(line, telegram, error, told):
    telegram.faults.fail("SendMessage", error)

    with pytest.raises(told) as raised:
        await line.account.ask(DeskChat.send, Outgoing("hello"), 1)

    assert getattr(raised.value, "seconds", 30) == 30
    assert line.account.connected


async def test_a_reaction_is_put_on_a_message_and_taken_away(line, telegram, desk_1):
    message = telegram.desk.say(desk_1, "hello")

    await line.account.ask(DeskChat.react, message.id, "👍")
    shown = list(message.reactions)
    await line.account.ask(DeskChat.react, message.id, None)

    assert (shown, message.reactions) == (["👍"], [])
