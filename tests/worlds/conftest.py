"""What the tests of the stand-ins for MongoDB and Telegram share."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import trio
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from daemon.aio import Loop, open_loop
from tests.worlds.mongodb.target import MongoTarget
from tests.worlds.telegram import open_telegram
from tests.worlds.telegram_client import open_phone

Document = dict[str, Any]


@pytest.fixture
def database(mongo_server: MongoTarget) -> Iterator[Database[Document]]:
    with MongoClient[Document](mongo_server.uri, serverSelectionTimeoutMS=30_000) as client:
        yield client[mongo_server.database]


@pytest.fixture
def things(database: Database[Document]) -> Collection[Document]:
    return database["things"]


# --- Telegram -----------------------------------------------------------------------------------


@pytest.fixture
async def loop() -> AsyncIterator[Loop]:
    async with open_loop("telethon") as opened:
        yield opened


@pytest.fixture
async def telegram(nursery: trio.Nursery) -> AsyncIterator[Any]:
    async def fail() -> None:
        await trio.sleep(90)
        raise TimeoutError

    nursery.start_soon(fail)
    async with open_telegram() as centre:
        yield centre


@pytest.fixture
def anna(telegram: Any) -> Any:
    return telegram.add_account("Anna")


@pytest.fixture
async def phone(telegram: Any, loop: Loop, anna: Any) -> AsyncIterator[Any]:
    async with open_phone(telegram, loop, anna) as opened:
        yield opened
