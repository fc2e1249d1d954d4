"""An account that is cut off, banned, signed out or held by another process, with the real Telethon."""

import logging
import stat

import pytest
import trio
from attrs import evolve

from actors.vip.ports import AccountDead, Trouble, Unreachable
from daemon.telegram import account as module
from daemon.telegram.chat import DeskChat
from daemon.telegram.client import bounded
from daemon.telegram.session_file import SessionBusy, hold_session
from daemon.telegram.values import Connected, Deleted, Died, Edited, Lost, NewMessage, Outgoing
from tests.worlds.telegram_line import Line


@pytest.fixture
async def start(account, nursery):
    def started() -> Line:
        line = Line(account)
        nursery.start_soon(line.listen)
        nursery.start_soon(account.run)
        return line

    return started


async def test_what_came_while_it_was_cut_off_is_told_after_the_reconnect(line, telegram, desk_1):
    telegram.faults.refuse_connections = True
    telegram.drop_connections()
    await line.wait_for(Lost)
    for number in range(3):
        telegram.desk.say(desk_1, f"missed {number}")

    telegram.faults.refuse_connections = False
    await line.wait_for(Connected, 2)
    await line.wait_for(NewMessage, 3)

    assert [event.message.text for event in line.told if isinstance(event, NewMessage)] == [
        "missed 0",
        "missed 1",
        "missed 2",
    ]


async def test_what_was_missed_is_in_the_history_by_id_when_it_is_connected_again(line, telegram, desk_1):
    seen = telegram.desk.say(desk_1, "seen")
    await line.wait_for(NewMessage)
    telegram.drop_connections()
    telegram.desk.say(desk_1, "missed")
    await line.wait_for(Connected, 2)

    missed = await line.account.ask(DeskChat.history, seen.id, 100)

    assert [message.text for message in missed] == ["missed"]


async def test_what_was_edited_and_deleted_while_it_was_cut_off_is_told(line, telegram, desk_1):
    first, second = telegram.desk.say(desk_1, "one"), telegram.desk.say(desk_1, "two")
    await line.wait_for(NewMessage, 2)
    telegram.faults.refuse_connections = True
    telegram.drop_connections()
    await line.wait_for(Lost)
    telegram.desk.edit(desk_1, first, "uno")
    telegram.desk.delete(desk_1, second)

    telegram.faults.refuse_connections = False
    edited = await line.wait_for(Edited)
    deleted = await line.wait_for(Deleted)

    assert (edited.message.id, edited.message.text) == (first.id, "uno")
    assert deleted.ids == (second.id,)


async def test_where_telegram_tells_no_difference_the_history_has_what_was_missed(line, telegram, desk_1):
    telegram.difference_most = 5
    telegram.faults.refuse_connections = True
    telegram.drop_connections()
    await line.wait_for(Lost)
    for number in range(20):
        telegram.desk.say(desk_1, f"missed {number}")

    telegram.faults.refuse_connections = False
    await line.wait_for(Connected, 2)
    found = await line.account.ask(DeskChat.history, 0, 100)
    telegram.desk.say(desk_1, "and live again")
    heard = await line.wait_for(NewMessage)

    assert [message.text for message in found] == [f"missed {number}" for number in range(20)]
    assert heard.message.text == "and live again"


async def test_a_gap_in_the_updates_is_filled(line, telegram, desk_1):
    telegram.faults.lose_updates = True
    telegram.desk.say(desk_1, "lost")
    telegram.faults.lose_updates = False
    telegram.desk.say(desk_1, "arrived")

    await line.wait_for(NewMessage, 2)

    assert [event.message.text for event in line.told if isinstance(event, NewMessage)] == ["lost", "arrived"]


async def test_a_long_gap_is_filled_in_slices(line, telegram, desk_1):
    telegram.difference_step = 3
    telegram.faults.lose_updates = True
    for number in range(10):
        telegram.desk.say(desk_1, f"message {number}")
    telegram.faults.lose_updates = False
    telegram.drop_connections()

    await line.wait_for(NewMessage, 10)

    texts = [event.message.text for event in line.told if isinstance(event, NewMessage)]
    assert texts == [f"message {number}" for number in range(10)]


async def test_a_request_that_is_cut_off_is_unreachable_at_once_and_not_repeated_by_itself(
    line, telegram, desk_1
):
    telegram.faults.lose_answer("SendMessage", cut=True, done=False)

    with pytest.raises(Unreachable):
        await line.account.ask(DeskChat.send, Outgoing("hello"), 1)
    await line.wait_for(Connected, 2)

    assert telegram.chat(desk_1).texts == []


async def test_a_request_has_a_deadline(line, telegram):
    telegram.faults.lose_answer("GetState")

    with pytest.raises(Unreachable, match=r"within 0\.1 s"):
        await line.account.ask(_state_within, 0.1)


async def _state_within(chat: DeskChat, seconds: float) -> None:
    from telethon.tl import functions  # noqa: PLC0415

    await bounded(seconds, chat.client, functions.updates.GetStateRequest())


async def test_a_ban_during_a_disconnect_is_noticed_when_it_connects_again(line, telegram, desk_1):
    telegram.kill(desk_1, "USER_DEACTIVATED_BAN")
    telegram.drop_connections()

    died = await line.wait_for(Died)

    assert died == Died("desk-1", "Telegram has banned the account")
    with pytest.raises(AccountDead, match="banned"):
        await line.account.ask(DeskChat.probe)


async def test_a_ban_is_noticed_by_the_first_request_that_meets_it(line, telegram, desk_1):
    telegram.kill(desk_1, "SESSION_REVOKED")

    with pytest.raises(AccountDead):
        await line.account.ask(DeskChat.send, Outgoing("hello"), 1)

    assert (await line.wait_for(Died)).reason.startswith("its owner has ended")


async def test_a_ban_is_noticed_by_the_probe_that_comes_now_and_then(start, account, telegram, desk_1):
    account.pace = module.Pace(0.05, 0.2, 0.05, probe_every=0.05)
    line = start()
    await line.wait_for(Connected)
    telegram.kill(desk_1, "USER_DEACTIVATED")

    assert (await line.wait_for(Died)).reason == "the account was deleted"


@pytest.mark.parametrize(
    "error",
    [
        "AUTH_KEY_UNREGISTERED",
        "SESSION_REVOKED",
        "SESSION_EXPIRED",
        "USER_DEACTIVATED_BAN",
        "AUTH_KEY_DUPLICATED",
    ],
)
async def test_an_account_that_telegram_does_not_take_is_dead_and_not_tried_again(
    start, account, telegram, desk_1, error
):
    telegram.kill(desk_1, error)
    line = start()

    await line.wait_for(Died)

    assert account.dead
    assert not account.connected


async def test_a_key_that_telegram_has_forgotten_is_the_end(start, telegram):
    telegram.forget_keys()
    line = start()

    assert "does not know its session's key" in (await line.wait_for(Died)).reason


async def test_a_session_that_is_not_signed_in_says_what_to_do(start, account, telegram, tmp_path):
    account.session = telegram.write_session(tmp_path / "new.session")
    line = start()

    assert (await line.wait_for(Died)).reason == "it is not signed in: `perkd telegram login desk-1`"


async def test_telegrams_own_trouble_is_no_death(start, telegram):
    telegram.faults.fail("GetUsers", "RPC_CALL_FAIL")
    line = start()

    await line.wait_for(Lost)
    await line.wait_for(Connected)

    assert not line.account.dead


async def test_a_flood_wait_while_connecting_is_waited_for(start, telegram):
    telegram.faults.fail("ResolveUsername", "FLOOD_WAIT_1")
    line = start()
    began = trio.current_time()

    await line.wait_for(Connected)

    assert trio.current_time() - began >= 1.0


async def test_a_changed_salt_and_a_message_in_the_middle_are_no_trouble(line, telegram, desk_1):
    telegram.change_salt()
    telegram.desk.say(desk_1, "still there?")

    await line.account.ask(DeskChat.send, Outgoing("yes"), 1)
    await line.wait_for(NewMessage)

    assert telegram.chat(desk_1).texts == ["still there?", "yes"]


async def test_the_session_file_is_its_owners_alone_and_one_process_at_a_time_has_it(line, account):
    mode = stat.S_IMODE(account.session.stat().st_mode)

    with pytest.raises(SessionBusy, match="in use by process"), hold_session(account.session):
        pass
    assert mode == 0o600


async def test_a_broken_session_file_is_said_and_looked_at_again(start, account, telegram, desk_1):
    account.session.write_bytes(b"what is this?" * 1000)
    line = start()
    lost = await line.wait_for(Lost)
    account.session.unlink()
    telegram.write_session(account.session, desk_1)

    await line.wait_for(Connected)

    assert lost.reason == (
        "the session file is damaged (file is not a database): move it away, then sign the account in again"
    )


async def test_a_session_that_is_in_use_is_waited_for(start, account):
    with hold_session(account.session):
        line = start()
        lost = await line.wait_for(Lost)

    await line.wait_for(Connected)
    assert "in use" in lost.reason


async def test_the_state_of_the_session_outlives_the_client(account, telegram, desk_1, loop):
    async def live(until: type) -> list[str]:
        line = Line(evolve(account, events=loop.from_asyncio(100)))
        async with trio.open_nursery() as life:
            life.start_soon(line.listen)
            life.start_soon(line.account.run)
            await line.wait_for(until)
            life.cancel_scope.cancel()
        return [event.message.text for event in line.told if isinstance(event, NewMessage)]

    before = await live(Connected)
    telegram.desk.say(desk_1, "while nobody was there")
    after = await live(NewMessage)

    assert (before, after) == ([], ["while nobody was there"])


async def test_nothing_that_was_written_reaches_the_logs(line, telegram, desk_1, caplog):
    caplog.set_level(logging.DEBUG)
    telegram.desk.say(desk_1, "a secret of the desk")
    await line.wait_for(NewMessage)
    await line.account.ask(DeskChat.send, Outgoing("a secret of the member"), 1)
    telegram.faults.fail("SendMessage", "CHAT_WRITE_FORBIDDEN")
    with pytest.raises(Trouble) as raised:
        await line.account.ask(DeskChat.send, Outgoing("another secret"), 2)
    telegram.drop_connections()
    await line.wait_for(Connected, 2)

    assert "secret" not in caplog.text
    assert "secret" not in str(raised.value)
