"""The stand-in under the real Telethon: salts, sessions, compression, cut connections, what a test orders."""

import pytest
import trio
from telethon import errors
from telethon.tl import functions, types

from daemon.aio import TaskCancelled
from tests.worlds.telegram_client import open_phone


def me():
    return functions.users.GetUsersRequest([types.InputUserSelf()])


async def test_an_account_sees_itself_and_the_desk(phone, telegram):
    myself = await phone.do(phone.client.get_me)
    desk = await phone.do(phone.client.get_entity, "@vip_desk")
    full = await phone.ask(functions.users.GetFullUserRequest(desk))

    assert (myself.first_name, myself.is_self) == ("Anna", True)
    assert (desk.id, full.full_user.id) == (telegram.desk.person.id,) * 2


async def test_a_client_with_an_old_salt_is_told_the_new_one(phone, telegram):
    telegram.change_salt()

    found = await phone.ask(me())

    assert found[0].first_name == "Anna"


async def test_many_requests_at_once_come_in_containers_and_are_all_answered(phone, telegram):
    desk = await phone.do(phone.client.get_input_entity, "@vip_desk")
    requests = [
        functions.messages.SendMessageRequest(desk, f"message {number}", random_id=number + 1)
        for number in range(120)
    ]

    answers = await phone.ask(requests)

    assert len({answer.id for answer in answers}) == 120
    assert sorted(telegram.chat(telegram.accounts["Anna"]).texts) == sorted(r.message for r in requests)


async def test_long_requests_and_answers_are_compressed(phone, telegram, anna):
    desk = await phone.do(phone.client.get_input_entity, "@vip_desk")
    text = "much of the same " * 200

    await phone.do(phone.client.send_message, desk, text)
    (message,) = await phone.do(phone.client.get_messages, desk, limit=1)

    assert message.message == text.strip() == telegram.chat(anna).texts[0].strip()


async def test_pings_and_questions_for_states_are_answered(phone):
    pong = await phone.ask(functions.PingRequest(77))

    assert pong.ping_id == 77


async def test_a_key_that_is_forgotten_is_told_by_the_transport(phone, telegram):
    telegram.forget_keys()

    with pytest.raises(errors.AuthKeyNotFound):
        await phone.ask(me())


async def test_a_client_without_an_account_is_nobody(telegram, loop):
    async with open_phone(telegram, loop, None) as stranger:
        with pytest.raises(errors.AuthKeyUnregisteredError):
            await stranger.ask(me())


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ("FLOOD_WAIT_90", errors.FloodWaitError),
        ("PEER_FLOOD", errors.PeerFloodError),
        ("AUTH_KEY_UNREGISTERED", errors.AuthKeyUnregisteredError),
        ("SESSION_REVOKED", errors.SessionRevokedError),
        ("USER_DEACTIVATED_BAN", errors.UserDeactivatedBanError),
        ("AUTH_KEY_DUPLICATED", errors.AuthKeyDuplicatedError),
    ],
)
async def test_an_ordered_error_is_telethons_own(phone, telegram, order, error):
    telegram.faults.fail("GetUsers", order)

    with pytest.raises(error) as raised:
        await phone.ask(me())
    after = await phone.ask(me()) if order != "FLOOD_WAIT_90" else None

    assert getattr(raised.value, "seconds", 90) == 90
    assert after is None or after[0].first_name == "Anna"


async def test_a_killed_account_gets_its_error_for_everything(phone, telegram, anna):
    telegram.kill(anna, "USER_DEACTIVATED_BAN")

    for request in (me(), functions.updates.GetStateRequest()):
        with pytest.raises(errors.UserDeactivatedBanError):
            await phone.ask(request)


async def test_after_a_cut_telethon_comes_back_by_itself_and_repeats_what_was_open(phone, telegram, anna):
    desk = await phone.do(phone.client.get_input_entity, "@vip_desk")
    telegram.faults.lose_answer("SendMessage", cut=True, done=False)

    answer = await phone.ask(functions.messages.SendMessageRequest(desk, "hello", random_id=5))

    assert telegram.chat(anna).messages[0].id == answer.id
    assert len(telegram.seen("SendMessage")) == 2


async def test_what_is_held_is_answered_when_the_test_says_so(phone, telegram):
    held = telegram.faults.hold("GetUsers")
    answers = []

    async def ask():
        answers.append(await phone.ask(me()))

    async with trio.open_nursery() as asking:
        asking.start_soon(ask)
        await held.reached.wait()
        before = list(answers)
        state = await phone.ask(functions.updates.GetStateRequest())
        held.release()

    assert (before, len(answers)) == ([], 1)
    assert state.pts == 1


async def test_a_lost_answer_was_done_all_the_same(phone, telegram, anna):
    desk = await phone.do(phone.client.get_input_entity, "@vip_desk")
    lost = telegram.faults.lose_answer("SendMessage")

    async with trio.open_nursery() as asking:
        asking.start_soon(phone.ask, functions.messages.SendMessageRequest(desk, "hello", random_id=5))
        await lost.reached.wait()
        asking.cancel_scope.cancel()

    assert telegram.chat(anna).texts == ["hello"]


async def test_a_connection_that_closes_cancels_what_waits(phone, telegram):
    lost = telegram.faults.lose_answer("GetUsers")
    failed = []

    async def ask():
        try:
            await phone.ask(me())
        except TaskCancelled as error:
            failed.append(error)

    async with trio.open_nursery() as asking:
        asking.start_soon(ask)
        await lost.reached.wait()
        await phone.do(phone.client.disconnect)

    assert len(failed) == 1


async def test_two_clients_of_one_account_both_hear_the_desk_and_each_other(telegram, loop, anna):
    async with open_phone(telegram, loop, anna) as one, open_phone(telegram, loop, anna) as two:
        telegram.desk.say(anna, "hello")
        await one.do(one.client.send_message, "@vip_desk", "hi")
        heard = await two.hear(2)

        assert [(event.message.message, event.message.out) for event in heard] == [
            ("hello", False),
            ("hi", True),
        ]
        assert [event.message.message for event in one.heard] == ["hello"]
