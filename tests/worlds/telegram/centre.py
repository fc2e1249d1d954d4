"""The data centre: listens on 127.0.0.1, knows keys and people, and answers requests."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import trio
from attrs import define, field, frozen
from telethon.crypto import AuthKey  # type: ignore[import-untyped]
from telethon.sessions import SQLiteSession  # type: ignore[import-untyped]
from telethon.tl import functions  # type: ignore[import-untyped]

from tests.worlds.telegram import methods_account, methods_files, methods_messages, methods_updates
from tests.worlds.telegram.calls import METHODS, Call, name_of
from tests.worlds.telegram.connection import Connection
from tests.worlds.telegram.crypto import SharedKey, new_key
from tests.worlds.telegram.desk import Talker
from tests.worlds.telegram.failures import Fault, Faults, RefusalError
from tests.worlds.telegram.primes import trust_the_stand_in
from tests.worlds.telegram.srp import Verifier
from tests.worlds.telegram.state import Account, Chat, Happened, Key, Message, Person, random_hash
from tests.worlds.telegram.transport import Transport
from tests.worlds.telegram.updates import as_updates

HOST = "127.0.0.1"
DC_ID = 2
SOURCES = (methods_account, methods_files, methods_messages, methods_updates)
"""The modules that fill the table of methods."""


@frozen
class Seen:
    """A request as it came."""

    name: str
    account: str
    """Its name; "" where nobody has signed in."""
    request: Any


@define(eq=False)
class DataCentre:
    """Every method is synchronous and takes effect at once; call them on trio's thread."""

    port: int
    api_id: int = 1234
    api_hash: str = "0123456789abcdef0123456789abcdef"
    salt: int = field(factory=random_hash)
    keys: dict[bytes, tuple[SharedKey, Key]] = field(factory=dict)
    people: dict[int, Person] = field(factory=dict)
    accounts: dict[str, Account] = field(factory=dict)
    connections: list[Connection] = field(factory=list)
    faults: Faults = field(factory=Faults)
    files: dict[int, bytes] = field(factory=dict)
    parts: dict[int, dict[int, bytes]] = field(factory=dict)
    log: list[Seen] = field(factory=list)
    refused: list[Exception] = field(factory=list)
    """Connections that were closed because of what came over them."""
    answering: Callable[[Account, Message], str | None] | None = None
    """What the desk answers to a message of an account; None: nothing."""
    clear_step: int = 100
    """Messages that one request to clear a history takes."""
    difference_step: int = 100
    """Entries in one answer to a request for the difference."""
    difference_most: int | None = None
    """More than so many entries are not told at all: the difference is too long."""
    _nursery: trio.Nursery | None = None
    _numbers: Any = field(factory=lambda: count(5001))
    _heard: trio.Event = field(factory=trio.Event)

    # --- for tests --------------------------------------------------------------------------------

    def add_person(self, username: str, first_name: str = "", phone: str = "") -> Talker:
        """Somebody that accounts can talk to."""
        person = Person(next(self._numbers), username, first_name or username.title(), phone=phone)
        self.people[person.id] = person
        return Talker(self, person)

    def add_account(
        self, name: str, *, phone: str = "", code: str = "12345", password: str | None = None
    ) -> Account:
        """Somebody that clients can sign in as."""
        phone = phone or f"+1555{len(self.accounts):07}"
        person = self.add_person("", name, phone).person
        account = Account(name, person, code, Verifier.of(password) if password else None)
        self.accounts[name] = account
        return account

    @property
    def desk(self) -> Talker:
        """The desk, @vip_desk."""
        return Talker(self, next(person for person in self.people.values() if person.username == "vip_desk"))

    def chat(self, account: Account, peer: Person | None = None) -> Chat:
        return Chat(account, peer or self.desk.person)

    def ready_key(self, account: Account | None) -> SharedKey:
        """A key as if it had been agreed on and signed in with earlier."""
        shared = new_key()
        self.keys[shared.id] = (shared, Key(account))
        return shared

    def write_session(self, path: Path, account: Account | None = None, *, with_key: bool = False) -> Path:
        """A session file as Telethon leaves one.

        Signed in, or (None) only knowing where the stand-in is; `with_key`, there is a key that nobody has
        signed in with, for processes that do not trust the stand-in's RSA key.
        """
        session = SQLiteSession(str(path))
        session.set_dc(DC_ID, HOST, self.port)
        if account is not None or with_key:
            session.auth_key = AuthKey(self.ready_key(account).key)
        session.save()
        session.close()
        return Path(session.filename)

    def kill(self, account: Account, error: str) -> None:
        """From now on each request of the account gets this error: `USER_DEACTIVATED_BAN`."""
        account.dead = error

    def forget_keys(self) -> None:
        """The keys are gone, as after a time of disuse."""
        self.keys.clear()

    def drop_connections(self, account: Account | None = None) -> None:
        """Cut connections, of one account or all; new ones are welcome."""
        for connection in tuple(self.connections):
            if account is None or connection.key.account is account:
                connection.cut()

    def change_salt(self) -> None:
        """As happens every half hour: who uses the old one is told."""
        self.salt = random_hash()

    def seen(self, *names: str) -> list[Seen]:
        return [seen for seen in self.log if seen.name in names]

    async def wait_for(self, condition: Any, *args: Any) -> None:
        """Until something holds; looked at whenever a request comes or a connection changes."""
        while not condition(*args):
            await self._heard.wait()

    # --- for connections --------------------------------------------------------------------------

    def take(self, connection: Connection, message_id: int, request: Any) -> None:
        """Answer a request, or do what a test ordered."""
        request = self._unwrapped(connection, request)
        account = connection.key.account
        name = name_of(request)
        self.log.append(Seen(name, account.name if account else "", request))
        fault = self.faults.meet(name, account)
        if fault is None:
            self._answer(connection, message_id, request)
        else:
            self._fail(fault, connection, message_id, request)
        self.heard()

    def heard(self) -> None:
        self._heard.set()
        self._heard = trio.Event()

    def tell(self, account: Account, happened: Happened, but: Connection | None = None) -> None:
        """Push what happened to the account's clients, but to the one whose request it was."""
        update = as_updates(account, happened)
        if update is None or self.faults.lose_updates or account.dead:
            return
        for connection in self.connections:
            if connection.key.account is account and connection is not but and connection.wants_updates:
                connection.push(update)

    def _unwrapped(self, connection: Connection, request: Any) -> Any:
        while True:
            match request:
                case functions.InvokeWithLayerRequest() | functions.InvokeAfterMsgRequest():
                    request = request.query
                case functions.InitConnectionRequest():
                    connection.wants_updates = True
                    request = request.query
                case functions.InvokeWithoutUpdatesRequest():
                    connection.wants_updates = False
                    request = request.query
                case _:
                    return request

    def _answer(self, connection: Connection, message_id: int, request: Any) -> None:
        try:
            answer = METHODS.get(type(request), _unknown)(Call(self, connection, request))
        except RefusalError as failure:
            connection.fail(message_id, failure.code, failure.message)
        else:
            connection.answer(message_id, bytes(answer))
            self._let_answer(connection, request)

    def _let_answer(self, connection: Connection, request: Any) -> None:
        """The desk may answer what an account wrote to it just now."""
        account, random_id = connection.key.account, getattr(request, "random_id", None)
        if self.answering is None or account is None or not isinstance(random_id, int):
            return
        message = account.messages[account.random_ids[random_id]]
        if message.peer is self.desk.person and (answer := self.answering(account, message)) is not None:
            self.desk.say(account, answer, reply_to=message.id)

    def _fail(self, fault: Fault, connection: Connection, message_id: int, request: Any) -> None:
        if fault.error:
            failure = RefusalError(fault.error)
            connection.fail(message_id, failure.code, failure.message)
            return
        if fault.hold:
            assert self._nursery is not None
            self._nursery.start_soon(self._hold, fault, connection, message_id, request)
            return
        if fault.done:
            METHODS.get(type(request), _unknown)(Call(self, connection, request))
        if fault.cut:
            connection.cut()

    async def _hold(self, fault: Fault, connection: Connection, message_id: int, request: Any) -> None:
        await fault.wait()
        self._answer(connection, message_id, request)

    async def serve(self, stream: trio.SocketStream) -> None:
        if self.faults.refuse_connections:
            await stream.aclose()
            return
        connection = Connection(self, Transport(stream))
        self.connections.append(connection)
        try:
            async with stream:
                await connection.live()
        finally:
            self.connections.remove(connection)
            self.heard()


def _unknown(call: Call) -> bytes:
    raise RefusalError("METHOD_INVALID")


@asynccontextmanager
async def open_telegram(desk: str = "vip_desk") -> AsyncIterator[DataCentre]:
    """A data centre on a free port of 127.0.0.1, with a desk. Telethon trusts its key from now on."""
    trust_the_stand_in()
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host=HOST)
        centre = DataCentre(listeners[0].socket.getsockname()[1])
        centre._nursery = nursery
        centre.add_person(desk, "The desk")
        nursery.start_soon(trio.serve_listeners, centre.serve, listeners)
        try:
            yield centre
        finally:
            nursery.cancel_scope.cancel()
