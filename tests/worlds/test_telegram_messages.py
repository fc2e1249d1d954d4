"""Messages and files at the stand-in, with the real Telethon."""

import pytest
from telethon import errors
from telethon.tl import functions, types


@pytest.fixture
async def desk(phone):
    return await phone.do(phone.client.get_input_entity, "@vip_desk")


async def test_a_random_id_is_taken_once(phone, telegram, anna, desk):
    send = functions.messages.SendMessageRequest(desk, "once", random_id=9)
    first = await phone.ask(send)

    with pytest.raises(errors.MultiError) as raised:
        await phone.ask([send, functions.messages.SendMessageRequest(desk, "twice", random_id=10)])

    assert isinstance(raised.value.exceptions[0], errors.RandomIdDuplicateError)
    assert telegram.chat(anna).texts == ["once", "twice"]
    assert telegram.chat(anna).messages[0].id == first.id


async def test_what_the_desk_does_is_pushed(phone, telegram, anna, desk):
    message = telegram.desk.say(anna, "one", entities=[types.MessageEntityBold(0, 3)])
    telegram.desk.edit(anna, message, "uno")
    telegram.desk.delete(anna, message)

    new, edited, deleted = await phone.hear(3)

    assert (new.message.message, type(new.message.entities[0])) == ("one", types.MessageEntityBold)
    assert (edited.message.id, edited.message.message) == (new.message.id, "uno")
    assert (deleted.deleted_ids, deleted.chat_id) == ([message.id], None)


async def test_what_was_not_pushed_is_in_the_difference(phone, telegram, anna, desk):
    before = await phone.ask(functions.updates.GetStateRequest())
    telegram.faults.lose_updates = True
    kept = telegram.desk.say(anna, "kept")
    telegram.desk.delete(anna, telegram.desk.say(anna, "deleted at once"))
    telegram.desk.edit(anna, kept, "kept and edited")

    found = await phone.ask(functions.updates.GetDifferenceRequest(before.pts, before.date, 0))
    nothing = await phone.ask(functions.updates.GetDifferenceRequest(found.state.pts, before.date, 0))

    assert [message.message for message in found.new_messages] == ["kept and edited"]
    assert [type(update).__name__ for update in found.other_updates] == [
        "UpdateDeleteMessages",
        "UpdateEditMessage",
    ]
    assert isinstance(nothing, types.updates.DifferenceEmpty)


async def test_history_is_paged_both_ways(phone, telegram, anna, desk):
    ids = [telegram.desk.say(anna, f"{number}").id for number in range(250)]

    down = await phone.do(phone.client.get_messages, desk, limit=150)
    up = await phone.do(phone.client.get_messages, desk, min_id=ids[9], reverse=True, limit=300)
    some = await phone.do(phone.client.get_messages, desk, ids=[ids[0], 9999])

    assert [message.id for message in down] == ids[:99:-1]
    assert [message.id for message in up] == ids[10:]
    assert [message and message.id for message in some] == [ids[0], None]


async def test_a_history_is_deleted_in_steps(phone, telegram, anna, desk):
    telegram.clear_step = 30
    for number in range(70):
        telegram.desk.say(anna, f"{number}")
    asked = functions.messages.DeleteHistoryRequest(desk, 0, revoke=True)

    offsets = [(await phone.ask(asked)).offset for _ in range(4)]

    assert offsets == [40, 10, 0, 0]
    assert telegram.chat(anna).messages == telegram.chat(anna).seen_by_peer == []


async def test_only_own_messages_can_be_edited_and_only_to_something_else(phone, telegram, anna, desk):
    theirs = telegram.desk.say(anna, "theirs")
    own = await phone.do(phone.client.send_message, desk, "own")

    with pytest.raises(errors.MessageAuthorRequiredError):
        await phone.do(phone.client.edit_message, desk, theirs.id, "mine")
    with pytest.raises(errors.MessageNotModifiedError):
        await phone.do(phone.client.edit_message, desk, own.id, "own")
    with pytest.raises(errors.MessageIdInvalidError):
        await phone.do(phone.client.edit_message, desk, 999, "none")
    await phone.do(phone.client.edit_message, desk, own.id, "changed")

    assert telegram.chat(anna).texts == ["theirs", "changed"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("\U0001f4a9" * 2049, errors.MessageTooLongError),
        (" ", errors.MessageEmptyError),
    ],
)
async def test_texts_have_limits_in_utf16_units(phone, desk, text, error):
    with pytest.raises(error):
        await phone.ask(functions.messages.SendMessageRequest(desk, text, random_id=3))
    await phone.ask(functions.messages.SendMessageRequest(desk, "\U0001f4a9" * 2048, random_id=4))


async def test_files_go_both_ways(phone, telegram, anna, desk, tmp_path):
    data = bytes(range(256)) * 2000
    path = tmp_path / "notes.bin"
    path.write_bytes(data)

    sent = await phone.do(phone.client.send_file, desk, str(path), caption="look", force_document=True)
    telegram.desk.send_file(anna, data[::-1], "answer.bin", "here")
    (event,) = await phone.hear(1)
    received = await phone.do(event.message.download_media, bytes)

    assert telegram.files[telegram.chat(anna).messages[0].media.document.id] == data
    assert (sent.file.name, sent.message) == ("notes.bin", "look")
    assert (received, event.message.file.name) == (data[::-1], "answer.bin")


async def test_a_desk_that_answers_answers_each_message_once(phone, telegram, anna, desk):
    telegram.answering = lambda account, message: f"{account.name}, you said {message.text}"

    for text in ("one", "two"):
        await phone.do(phone.client.send_message, desk, text)
    heard = await phone.hear(2)

    assert [event.message.message for event in heard] == ["Anna, you said one", "Anna, you said two"]
    assert [event.message.reply_to.reply_to_msg_id for event in heard] == [
        message.id for message in telegram.chat(anna).messages if message.out
    ]


async def test_typing_and_reading_are_taken_note_of(phone, telegram, desk):
    await phone.ask(functions.messages.SetTypingRequest(desk, types.SendMessageTypingAction()))
    await phone.ask(functions.messages.ReadHistoryRequest(desk, 0))

    assert [seen.account for seen in telegram.seen("SetTyping", "ReadHistory")] == ["Anna", "Anna"]


async def test_somebody_with_a_wrong_access_hash_is_nobody(phone, telegram):
    stranger = telegram.add_person("stranger")

    with pytest.raises(errors.PeerIdInvalidError):
        await phone.ask(
            functions.messages.SendMessageRequest(
                types.InputPeerUser(stranger.person.id, 1), "x", random_id=1
            )
        )
    with pytest.raises(errors.UsernameNotOccupiedError):
        await phone.ask(functions.contacts.ResolveUsernameRequest("nobody_at_all"))
    assert telegram.chat(telegram.accounts["Anna"], stranger.person).texts == []
