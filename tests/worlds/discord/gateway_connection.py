"""One connection to the gateway: HELLO, identify or resume, heartbeats, and what is dispatched."""

import json
from math import inf
from typing import Any, Protocol

import trio
from attrs import define, field, frozen
from trio_websocket import ConnectionClosed, WebSocketConnection

from tests.worlds.discord.gateway_listener import Watched
from tests.worlds.discord.gateway_session import Session
from tests.worlds.discord.zlib_stream import PlainText, ZlibStream

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 1, 2, 3, 4, 6
RECONNECT, MEMBERS, INVALID_SESSION, HELLO, ACK = 7, 8, 9, 10, 11

LONGEST = 4096
"""Bytes of a client's payload."""
GOODBYE = 2.0
"""Seconds a client gets to answer a close frame."""
_ENDING_CODES = (1000, 1001)
"""A client that closes with one of these ends its session."""

Payload = dict[str, Any]


class Refused(Exception):  # noqa: N818 - a close code
    """The client did what Discord closes the connection for."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@frozen
class Close:
    """Posted like a payload: the connection is closed when all before it has been sent."""

    code: int


class Sessions(Protocol):
    """What a connection asks the gateway."""

    heartbeat: float

    def note_heartbeat(self) -> bool:
        """Whether a heartbeat is answered."""

    async def identify(self, data: Payload, connection: "Connection") -> Session:
        """A new session. Raises `Refused`."""

    def resume(self, data: Payload, connection: "Connection") -> Session | None:
        """The session that goes on; None where it can't. Raises `Refused`."""

    def member_chunks(self, data: Payload, session: Session) -> list[Payload]:
        """The answer to a request for members."""

    def forget(self, session: Session) -> None:
        """It can't be resumed any more."""


@define(eq=False)
class Connection:
    """What has been posted goes out in order; what comes in is answered."""

    gateway: Sessions
    socket: WebSocketConnection
    stream: Watched
    packer: ZlibStream | PlainText
    session: Session | None = None
    _ended_here: bool = False
    _outbox: trio.MemorySendChannel[Payload | Close] = field(init=False)
    _posted: trio.MemoryReceiveChannel[Payload | Close] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._outbox, self._posted = trio.open_memory_channel(inf)

    def post(self, payload: Payload | Close) -> None:
        """Send it after all that was posted before."""
        self._outbox.send_nowait(payload)

    def close(self, code: int) -> None:
        """Close it, in order; the session waits to be resumed."""
        self.leave()
        self._ended_here = True
        self.post(Close(code))

    def cut(self) -> None:
        """End the TCP connection without a word: the client sees a 1006."""
        self.leave()
        self.stream.cut()

    def leave(self) -> None:
        """The session keeps its events from now on."""
        if self.session is not None and self.session.line is self:
            self.session.line = None

    async def run(self) -> None:
        """Serve the client until either side ends it."""
        async with trio.open_nursery() as nursery, self._outbox, self._posted:
            nursery.start_soon(self._send)
            try:
                await self._converse()
            except ConnectionClosed as closed:
                self._note_end(closed.reason.code if closed.reason else 0)
            finally:
                self.leave()
            nursery.cancel_scope.cancel()

    def _note_end(self, code: int) -> None:
        if code in _ENDING_CODES and not self._ended_here and self.session is not None:
            self.gateway.forget(self.session)

    async def _send(self) -> None:
        try:
            async for payload in self._posted:
                if isinstance(payload, Close):
                    with trio.move_on_after(GOODBYE):
                        await self.socket.aclose(payload.code, f"the stand-in says {payload.code}")
                    return
                await self.socket.send_message(self.packer.pack(payload))
        except ConnectionClosed:
            pass  # the receiving side notices as well, and ends it

    async def _converse(self) -> None:
        self.post({"op": HELLO, "d": {"heartbeat_interval": int(self.gateway.heartbeat * 1000)}})
        while True:
            raw = await self.socket.get_message()
            try:
                await self._answer(_parsed(raw))
            except Refused as refused:
                self.close(refused.code)

    async def _answer(self, payload: Payload) -> None:
        answer = {
            HEARTBEAT: self._heartbeat,
            PRESENCE: _ignore,
            VOICE: _ignore,
            MEMBERS: self._members,
        }.get(payload["op"])
        if payload["op"] == IDENTIFY:
            await self._identify(payload["d"])
        elif payload["op"] == RESUME:
            self._resume(payload["d"])
        elif answer is None:
            raise Refused(4001)
        else:
            answer(payload["d"])

    async def _identify(self, data: Payload) -> None:
        if self.session is not None:
            raise Refused(4005)
        self.session = await self.gateway.identify(data, self)

    def _resume(self, data: Payload) -> None:
        if self.session is not None:
            raise Refused(4005)
        self.session = self.gateway.resume(data, self)
        if self.session is None:
            self.post({"op": INVALID_SESSION, "d": False})

    def _heartbeat(self, _seq: Any) -> None:
        if self.gateway.note_heartbeat():
            self.post({"op": ACK})

    def _members(self, data: Payload) -> None:
        if self.session is None:
            raise Refused(4003)
        for chunk in self.gateway.member_chunks(data, self.session):
            self.session.tell("GUILD_MEMBERS_CHUNK", chunk)


def _ignore(_data: Any) -> None:
    """Presences and voices mean nothing here."""


def _parsed(raw: str | bytes) -> Payload:
    try:
        payload = json.loads(raw)
    except ValueError:
        raise Refused(4002) from None
    if len(raw) > LONGEST or not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
        raise Refused(4002)
    return payload
