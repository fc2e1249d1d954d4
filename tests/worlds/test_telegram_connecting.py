"""The stand-in and the real Telethon: keys, signing in, connections."""

from collections.abc import AsyncIterator

import pytest
import trio
from telethon import TelegramClient, errors  # type: ignore[import-untyped]
from telethon.network import (  # type: ignore[import-untyped]
    ConnectionTcpAbridged,
    ConnectionTcpFull,
    ConnectionTcpIntermediate,
)
from telethon.sessions import MemorySession  # type: ignore[import-untyped]

from daemon.aio import Loop, open_loop
from tests.worlds.telegram import DataCentre, open_telegram


@pytest.fixture
async def telegram() -> AsyncIterator[DataCentre]:
    async with open_telegram() as centre:
        with trio.fail_after(90):
            yield centre


@pytest.fixture
async def loop() -> AsyncIterator[Loop]:
    async with open_loop("telethon") as opened:
        yield opened


def new_client(telegram: DataCentre, **options) -> TelegramClient:
    session = MemorySession()
    session.set_dc(2, "127.0.0.1", telegram.port)
    return TelegramClient(session, telegram.api_id, telegram.api_hash, **options)


@pytest.mark.parametrize("transport", [ConnectionTcpFull, ConnectionTcpAbridged, ConnectionTcpIntermediate])
async def test_a_new_client_agrees_on_a_key_and_signs_in(telegram, loop, transport):
    telegram.add_account("desk-1", phone="+15550001", code="54321")
    client = await loop.sync(lambda: new_client(telegram, connection=transport))

    await loop.call(client.connect)
    await loop.call(client.send_code_request, "+15550001")
    me = await loop.call(client.sign_in, "+15550001", "54321")
    await loop.call(client.disconnect)

    assert (me.first_name, me.is_self) == ("desk-1", True)
    assert telegram.refused == []


async def test_a_second_password_is_checked_without_being_sent(telegram, loop):
    telegram.add_account("desk-1", phone="+15550001", code="54321", password="correct horse")
    client = await loop.sync(lambda: new_client(telegram))
    await loop.call(client.connect)
    await loop.call(client.send_code_request, "+15550001")

    with pytest.raises(errors.SessionPasswordNeededError):
        await loop.call(client.sign_in, "+15550001", "54321")
    with pytest.raises(errors.PasswordHashInvalidError):
        await loop.call(lambda: client.sign_in(password="wrong"))
    me = await loop.call(lambda: client.sign_in(password="correct horse"))
    await loop.call(client.disconnect)

    assert me.first_name == "desk-1"
