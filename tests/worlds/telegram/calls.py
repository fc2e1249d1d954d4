"""The table of methods, and what a method is given."""

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import frozen
from telethon.tl import types  # type: ignore[import-untyped]
from telethon.tl.tlobject import TLObject  # type: ignore[import-untyped]

from tests.worlds.telegram.connection import Connection
from tests.worlds.telegram.failures import RefusalError
from tests.worlds.telegram.state import Account, Person

if TYPE_CHECKING:
    from tests.worlds.telegram.centre import DataCentre

TRUE = struct.pack("<I", 0x997275B5)


@frozen
class Call:
    """One request. Methods answer with an object, or with bytes where the answer is a bare value."""

    centre: "DataCentre"
    connection: Connection
    request: Any

    @property
    def account(self) -> Account:
        """Who asks. Raises what somebody gets who is nobody, or nobody any more."""
        account = self.connection.key.account
        if account is None:
            raise RefusalError("AUTH_KEY_UNREGISTERED")
        if account.dead:
            raise RefusalError(account.dead)
        return account

    def require_account(self) -> None:
        """Raises what somebody gets who is nobody."""
        _ = self.account

    def person(self, peer: Any) -> Person:
        """Who is meant. Raises where the client's access hash is not the right one."""
        if isinstance(peer, types.InputPeerSelf | types.InputUserSelf):
            return self.account.person
        person = self.centre.people.get(getattr(peer, "user_id", 0))
        if person is None or person.access_hash != peer.access_hash:
            raise RefusalError("PEER_ID_INVALID")
        return person


Method = Callable[[Call], TLObject | bytes]
METHODS: dict[type[TLObject], Method] = {}


def method(*requests: type[TLObject]) -> Callable[[Method], Method]:
    """The function answers these requests."""

    def add(function: Method) -> Method:
        for request in requests:
            METHODS[request] = function
        return function

    return add


def vector(objects: list[TLObject]) -> bytes:
    return struct.pack("<Ii", 0x1CB5C415, len(objects)) + b"".join(map(bytes, objects))


def name_of(request: TLObject) -> str:
    return type(request).__name__.removesuffix("Request")
