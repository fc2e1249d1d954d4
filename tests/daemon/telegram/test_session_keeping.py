"""Sessions in the store, with the real Telethon: a disk is lost, and the account goes on."""

import contextlib
import logging
import stat
from collections.abc import Callable

import pytest
import trio
from attrs import evolve

from actors.ports import Put
from actors.vip.model import TelegramSession
from daemon.clock import SteadyClock
from daemon.storage.codec import encode, encode_batch
from daemon.storage.memory import MemoryStore
from daemon.telegram.chat import DeskChat
from daemon.telegram.keeping import SessionKeeping
from daemon.telegram.keys import SessionKey, new_key, read_key
from daemon.telegram.session_copy import read_session
from daemon.telegram.values import Connected, Died, Edited, Lost, NewMessage, Outgoing
from tests.worlds.telegram_line import QUICK, Line


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def key_text():
    return new_key()


@pytest.fixture
def key(key_text) -> SessionKey:
    return read_key(key_text, "TELEGRAM_SESSION_KEY")


@pytest.fixture
def kept(account, loop, store, key) -> Callable[..., contextlib.AbstractAsyncContextManager[Line]]:
    """A life of the account, in a daemon that keeps its session."""

    @contextlib.asynccontextmanager
    async def live(key=key, until=Connected):
        keeping = None if key is None else SessionKeeping(store, key, SteadyClock())
        line = Line(
            evolve(
                account, events=loop.from_asyncio(100), keeping=keeping, pace=evolve(QUICK, keep_every=0.1)
            )
        )
        async with trio.open_nursery() as life:
            life.start_soon(line.listen)
            life.start_soon(line.account.run)
            await line.wait_for(until)
            yield line
            life.cancel_scope.cancel()

    return live


async def record(store, other: TelegramSession | None = None) -> TelegramSession:
    """The session in the store, once there is one, and not `other`."""
    while (found := await store.get(TelegramSession, "desk-1")) in {None, other}:  # noqa: ASYNC110 - of a store
        await trio.sleep(0.01)
    return found


async def test_a_lost_disk_costs_nothing_the_session_comes_back_and_what_was_missed_is_told(
    kept, telegram, desk_1, session
):
    async with kept() as line:
        first = telegram.desk.say(desk_1, "before")
        await line.wait_for(NewMessage)
    session.unlink()
    telegram.desk.say(desk_1, "while nobody was there")
    telegram.desk.edit(desk_1, first, "before, corrected")

    async with kept(until=NewMessage) as line:
        told = await line.wait_for(NewMessage)
        edited = await line.wait_for(Edited)
        await line.account.ask(DeskChat.send, Outgoing("here again"), 1)

    assert (told.message.text, edited.message.text) == ("while nobody was there", "before, corrected")
    assert telegram.chat(desk_1).texts[-1] == "here again"
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    assert "SendCode" not in {seen.name for seen in telegram.log}


async def test_a_disk_lost_without_an_ordered_end_costs_nothing_either(kept, session, store):
    async with kept():
        first = await record(store)
    await store.commit(Put(first))
    session.unlink()

    async with kept() as line:
        told = line.told[0]

    assert told == Connected("desk-1")


async def test_a_damaged_file_is_set_aside_and_the_session_comes_from_the_store(kept, session, caplog):
    async with kept():
        pass
    session.write_bytes(b"what is this?" * 1000)

    async with kept() as line:
        connected = line.account.connected

    (aside,) = session.parent.glob("desk-1.session.damaged-*")
    assert connected
    assert aside.read_bytes() == b"what is this?" * 1000
    assert aside.name in caplog.text


async def test_with_another_key_the_account_waits_and_says_which_variable(kept, session, telegram):
    async with kept():
        pass
    session.unlink()
    signed_in = len(telegram.log)

    async with kept(read_key(new_key(), "TELEGRAM_SESSION_KEY"), until=Lost) as line:
        lost = await line.wait_for(Lost)

    assert "sealed with another key than TELEGRAM_SESSION_KEY's" in lost.reason
    assert "perkd telegram login desk-1" in lost.reason
    assert len(telegram.log) == signed_in
    assert read_session(session) is None


async def test_a_record_that_was_damaged_is_said_and_nothing_is_made_of_it(kept, session, store):
    async with kept():
        sealed = await record(store)
    session.unlink()
    await store.commit(Put(evolve(sealed, sealed=sealed.sealed[:-8] + "AAAAAAA=")))

    async with kept(until=Lost) as line:
        lost = await line.wait_for(Lost)

    assert "is damaged" in lost.reason
    assert read_session(session) is None


async def test_while_the_store_is_away_a_lost_session_is_waited_for(kept, session, store):
    async with kept():
        pass
    session.unlink()
    store.away = True

    async with kept(until=Lost) as line:
        lost = await line.wait_for(Lost)
        store.away = False
        await line.wait_for(Connected)

    assert "its session is to come from the store" in lost.reason


async def test_without_a_record_an_empty_disk_has_to_be_signed_in(kept, session):
    session.unlink()

    async with kept(until=Died) as line:
        died = await line.wait_for(Died)

    assert "not signed in" in died.reason


async def test_the_file_wins_and_a_record_of_another_key_is_sealed_anew(kept, session, store, key):
    async with kept(read_key(new_key(), "OLD")):
        pass
    before = await record(store)

    async with kept():
        now = await record(store, before)

    assert key.open("desk-1", now.sealed)


async def test_a_session_that_has_not_changed_is_not_written_again(kept, store):
    async with kept():
        await record(store)
    async with kept():
        await trio.sleep(0.3)  # some looks
    written = len(store.history)

    async with kept():
        await trio.sleep(0.3)

    assert len(store.history) == written


async def test_where_the_store_does_not_take_it_the_account_goes_on_and_it_is_said_once(kept, store, caplog):
    store.away = True

    async with kept() as line:
        await trio.sleep(0.3)
        connected = line.account.connected
        store.away = False
        await record(store)

    assert connected
    assert caplog.text.count("its session is not in the store") == 1


async def test_without_a_key_nothing_is_stored(kept, store):
    async with kept(None):
        await trio.sleep(0.2)

    assert store.history == []


async def test_nothing_secret_is_in_the_store_or_the_logs(kept, session, store, key_text, caplog):
    caplog.set_level(logging.DEBUG)
    async with kept():
        sealed = await record(store)
    copy = read_session(session)
    session.unlink()
    async with kept():
        pass

    shown = [
        encode(sealed),
        *(encode_batch(batch.changes) for batch in store.history),
        caplog.text,
        repr(copy),
        repr(sealed),
    ]
    secrets = [key_text.strip("="), copy.key.hex(), copy.key.hex().upper(), repr(copy.key)[2:-1][:40]]
    assert not [secret for secret in secrets for text in shown if secret in text]
    assert len(sealed.sealed) < 3000
