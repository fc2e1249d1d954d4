"""One client's connection: messages under its key, with salts, acknowledgements, containers and gzip."""

import os
import struct
import time
from typing import TYPE_CHECKING, Any

import trio
from attrs import define, field
from telethon.extensions import BinaryReader  # type: ignore[import-untyped]
from telethon.tl import functions, types  # type: ignore[import-untyped]
from telethon.tl.core import GzipPacked, MessageContainer  # type: ignore[import-untyped]
from telethon.tl.tlobject import TLObject  # type: ignore[import-untyped]

from tests.worlds.telegram.crypto import NotAuthenticError, SharedKey
from tests.worlds.telegram.handshake import Handshake, HandshakeError
from tests.worlds.telegram.state import Key
from tests.worlds.telegram.transport import BrokenStreamError, Transport

if TYPE_CHECKING:
    from tests.worlds.telegram.centre import DataCentre

NO_SUCH_KEY = struct.pack("<i", -404)
GZIP_FROM = 512
"""Bytes from which answers are compressed."""


@define(eq=False)
class Connection:
    """A client that is connected. Everything said is said on trio's thread, in order."""

    centre: "DataCentre"
    transport: Transport
    shared: SharedKey | None = None
    key: Key = field(factory=Key)
    session_id: int = 0
    wants_updates: bool = False
    _last_id: int = 0
    _content: int = 0
    _outgoing: list[bytes] = field(factory=list)
    _wake: trio.Event = field(factory=trio.Event)
    _sessions: set[int] = field(factory=set)

    async def live(self) -> None:
        """Until the client or the test ends it."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write)
            try:
                await self._read()
            except (BrokenStreamError, HandshakeError, NotAuthenticError) as broken:
                self.centre.refused.append(broken)
            nursery.cancel_scope.cancel()

    def cut(self) -> None:
        """The network goes."""
        self.transport.stream.socket.close()

    # --- out --------------------------------------------------------------------------------------

    def push(self, update: TLObject) -> None:
        """Say something that was not asked for."""
        self._say([(bytes(update), 3)])

    def answer(self, request_id: int, body: bytes) -> None:
        """Answer a request, in a container with its acknowledgement."""
        if len(body) > GZIP_FROM:
            body = bytes(GzipPacked(body))
        result = struct.pack("<Iq", 0xF35C6D01, request_id) + body
        self._say([(bytes(types.MsgsAck([request_id])), 1), (result, 1)])

    def fail(self, request_id: int, code: int, message: str) -> None:
        self._say([(struct.pack("<Iq", 0xF35C6D01, request_id) + bytes(types.RpcError(code, message)), 1)])

    def _say(self, bodies: list[tuple[bytes, int]]) -> None:
        messages = []
        for body, kind in bodies:
            padded = body + bytes(-len(body) % 4)
            self._content += 1
            messages.append(
                struct.pack("<qii", self._next_id(kind), 2 * self._content - 1, len(padded)) + padded
            )
        if len(messages) == 1:
            self._seal(messages[0])
            return
        container = struct.pack("<Ii", MessageContainer.CONSTRUCTOR_ID, len(messages)) + b"".join(messages)
        self._seal(struct.pack("<qii", self._next_id(1), 2 * self._content, len(container)) + container)

    def _seal(self, message: bytes) -> None:
        assert self.shared is not None
        self._send(self.shared.seal(struct.pack("<qq", self.centre.salt, self.session_id) + message))

    def _send(self, packet: bytes) -> None:
        self._outgoing.append(packet)
        self._wake.set()

    def _next_id(self, kind: int) -> int:
        """A message id: the time, and whether it answers (1) or not (3)."""
        stamp = max(int(time.time() * 2**32) & ~3, self._last_id + 4 & ~3)
        self._last_id = stamp
        return stamp | kind

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            framed = b"".join(map(self.transport.frame, self._outgoing))
            self._outgoing.clear()
            try:
                await self.transport.stream.send_all(framed)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return

    # --- in ---------------------------------------------------------------------------------------

    async def _read(self) -> None:
        handshake = Handshake(self._learn)
        while (packet := await self.transport.receive()) is not None:
            if self.centre.faults.silent:
                continue
            if packet[:8] == bytes(8):
                self._send(handshake.answer(packet))
            elif self._find_key(packet[:8]):
                self._take(packet)
            else:
                self._send(NO_SUCH_KEY)

    def _learn(self, shared: SharedKey) -> None:
        self.centre.keys[shared.id] = (shared, Key())

    def _find_key(self, key_id: bytes) -> bool:
        found = self.centre.keys.get(key_id)
        if found is not None:
            self.shared, self.key = found
        return found is not None

    def _take(self, packet: bytes) -> None:
        assert self.shared is not None
        plain = self.shared.unseal(packet)
        salt, session, message_id, seq, length = struct.unpack("<qqqii", plain[:32])
        self.session_id = session
        if salt != self.centre.salt:
            bad = types.BadServerSalt(message_id, seq, 48, self.centre.salt)
            self._say([(bytes(bad), 1)])
            return
        if session not in self._sessions:
            self._sessions.add(session)
            unique = int.from_bytes(os.urandom(8), "big", signed=True)
            self._say([(bytes(types.NewSessionCreated(message_id, unique, self.centre.salt)), 3)])
        self._handle(message_id, BinaryReader(plain[32 : 32 + length]).tgread_object())

    def _handle(self, message_id: int, content: Any) -> None:
        match content:
            case MessageContainer():
                for message in content.messages:
                    self._handle(message.msg_id, message.obj)
            case GzipPacked():
                self._handle(message_id, BinaryReader(content.data).tgread_object())
            case types.MsgsAck() | types.MsgsStateInfo() | types.MsgsAllInfo():
                pass
            case functions.PingRequest() | functions.PingDelayDisconnectRequest():
                self._say([(bytes(types.Pong(message_id, content.ping_id)), 1)])
            case types.MsgsStateReq():
                info = "\x04" * len(content.msg_ids)
                self._say([(bytes(types.MsgsStateInfo(message_id, info)), 1)])
            case _:
                self.centre.take(self, message_id, content)
