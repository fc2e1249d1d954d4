"""Discord's gateway, version 10, JSON, on a loopback port: sessions and their connections."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import trio
from attrs import define, field
from trio_websocket import ConnectionClosed, WebSocketRequest, wrap_server_stream

from tests.worlds.discord.gateway_connection import INVALID_SESSION, RECONNECT, Connection, Refused
from tests.worlds.discord.gateway_intents import GUILD_MEMBERS, refused
from tests.worlds.discord.gateway_listener import HOST, Listener, Stall, Watched
from tests.worlds.discord.gateway_members import member_chunks
from tests.worlds.discord.gateway_ready import allowed_intents, may_hear, ready
from tests.worlds.discord.gateway_session import Identity, Session
from tests.worlds.discord.zlib_stream import PlainText, ZlibStream

if TYPE_CHECKING:
    from tests.worlds.discord.state import World

Payload = dict[str, Any]

CUT = 1006
_LASTING = frozenset({4000, 4001, 4002, 4005, 4008})
"""Close codes of ours after which a session can be resumed."""
_HANDSHAKE = 5.0
_SESSIONS = 100


@define(eq=False)
class Gateway:
    """One gateway. The switches take effect at once; call everything on trio's thread."""

    world: "World"
    heartbeat: float = 41.25
    """Seconds that clients are told to wait between heartbeats."""
    acks: bool = True
    """Whether heartbeats are answered. A client that gets no answers takes its connection for dead."""
    keep: int = 1000
    """Events that are kept for a session."""
    token: str = ""
    """The one that is taken; left empty, the world's."""
    heartbeats: int = 0
    identifies: int = 0
    resumes: int = 0
    """How often a session went on."""
    connections: set[Connection] = field(factory=set)
    _sessions: dict[str, Session] = field(factory=dict)
    _stalls: dict[str, Stall] = field(factory=dict)
    _changed: trio.Event = field(factory=trio.Event)
    _listener: Listener | None = None

    # --- what tests do ----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where clients connect."""
        assert self._listener is not None
        return f"ws://{HOST}:{self._listener.port}"

    @property
    def sessions(self) -> int:
        """How many are connected now."""
        return sum(session.line is not None for session in self._sessions.values())

    def kept(self) -> list[Session]:
        """Those that are connected, or could be resumed."""
        return list(self._sessions.values())

    async def wait_until(self, look: Callable[[], bool]) -> None:
        """Wait until that is true of its counts and sessions."""
        while not look():
            await self._changed.wait()

    async def wait_for(self, *, identifies: int = 0, resumes: int = 0, sessions: int = 0) -> None:
        """Wait until there were so many, or are so many sessions."""
        await self.wait_until(
            lambda: self.identifies >= identifies and self.resumes >= resumes and self.sessions >= sessions
        )

    async def op7(self) -> None:
        """Ask every client to reconnect and resume."""
        await self._post({"op": RECONNECT, "d": None})

    async def op9(self, *, resumable: bool) -> None:
        """Tell every client that its session is invalid, or that it should resume it."""
        await self._post({"op": INVALID_SESSION, "d": resumable})
        if not resumable:
            self._sessions.clear()

    async def close(self, code: int) -> None:
        """Close every connection with this code; 1006: cut it without one."""
        for connection in tuple(self.connections):
            if code == CUT:
                connection.cut()
            else:
                connection.close(code)
        if code not in _LASTING and code != CUT:
            self._sessions.clear()
        await trio.lowlevel.checkpoint()

    def refuse(self, refuse: bool = True) -> None:
        """Refuse new connections, or take them again."""
        assert self._listener is not None
        if refuse:
            self._listener.stop()
        else:
            self._listener.start()

    def stall(self, phase: str) -> Stall:
        """Hold up clients that come: in "connect", before "hello" or before "ready"."""
        assert phase in ("connect", "hello", "ready")
        self._stalls[phase] = Stall()
        return self._stalls[phase]

    def dispatch(self, name: str, payload: Payload, guild: str | None = None) -> None:
        """An event, for every session that may see it."""
        if may_hear(self.world, name, payload, guild):
            for session in self._sessions.values():
                session.dispatch(name, payload, guild)

    # --- what connections ask ---------------------------------------------------------------------

    async def identify(self, data: Payload, connection: Connection) -> Session:
        """Start a session; READY and the guilds are its first events."""
        self._check_token(data)
        code = refused(data.get("intents", 0), allowed_intents(self.world))
        shard, shards = data.get("shard", (0, 1))
        if code or not 0 <= shard < shards:
            raise Refused(code or 4010)
        if not await self._pass("ready", connection.stream):
            raise Refused(4000)
        identity = Identity(secrets.token_hex(16), data["intents"], shard, shards, self.world.bot_id)
        session = Session(identity, self.keep, connection)
        self._sessions[identity.session] = session
        while len(self._sessions) > _SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        guilds = [guild for guild in self.world.visible_guilds() if identity.serves(guild.id)]
        session.tell("READY", ready(self.world, identity, self.url, [guild.id for guild in guilds]))
        for guild in guilds:
            if guild.available:
                session.dispatch("GUILD_CREATE", guild.gateway_payload(), guild.id)
        self.identifies += 1
        self._pulse()
        return session

    def resume(self, data: Payload, connection: Connection) -> Session | None:
        """Go on with a session."""
        self._check_token(data)
        session = self._sessions.get(data["session_id"])
        if session is None or not session.can_resume(data["seq"]):
            return None
        if data["seq"] > session.seq:
            raise Refused(4007)
        session.resume(data["seq"], connection)
        self.resumes += 1
        self._pulse()
        return session

    def member_chunks(self, data: Payload, session: Session) -> list[Payload]:
        """The answer to a request for members; it needs the intent where it asks for all."""
        everybody = data.get("query") == "" and not data.get("limit")
        if everybody and not session.identity.intents & GUILD_MEMBERS:
            raise Refused(4014)
        return member_chunks(self.world, data)

    def forget(self, session: Session) -> None:
        """Its client ended it."""
        self._sessions.pop(session.identity.session, None)
        self._pulse()

    def listen(self, nursery: trio.Nursery) -> None:
        """Begin to take connections."""
        self._listener = Listener(self._serve, nursery)
        self._listener.start()
        self.world.gateway, self.world.gateway_url = self, self.url
        self.world.listeners.append(self.dispatch)

    def end(self) -> None:
        """Give the port up."""
        assert self._listener is not None
        self._listener.close()

    # --- inside -----------------------------------------------------------------------------------

    def _check_token(self, data: Payload) -> None:
        if data.get("token") != (self.token or self.world.token):
            raise Refused(4004)

    async def _post(self, payload: Payload) -> None:
        for connection in tuple(self.connections):
            connection.post(payload)
        await trio.lowlevel.checkpoint()

    async def _pass(self, phase: str, client: Watched) -> bool:
        return phase not in self._stalls or await self._stalls[phase].pass_by(client)

    def note_heartbeat(self) -> bool:
        """Whether a heartbeat is answered."""
        self.heartbeats += 1
        self._pulse()
        return self.acks

    def _pulse(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    async def _serve(self, stream: trio.SocketStream) -> None:
        client = Watched(stream)
        async with trio.open_nursery() as nursery, client:
            request: WebSocketRequest | None = None
            with trio.move_on_after(_HANDSHAKE):
                request = await wrap_server_stream(nursery, client, 100, 1 << 20)
            if request is not None and await self._pass("connect", client):
                with suppress(ConnectionClosed):
                    await self._converse(request, client)
            nursery.cancel_scope.cancel()

    async def _converse(self, request: WebSocketRequest, client: Watched) -> None:
        query = parse_qs(urlsplit(request.path).query)
        packer = ZlibStream() if query.get("compress") == ["zlib-stream"] else PlainText()
        socket = None
        with trio.move_on_after(_HANDSHAKE):  # a client that leaves in this moment is waited for for ever
            socket = await request.accept()
        if socket is None:
            return
        connection = Connection(self, socket, client, packer)
        if query.get("v") != ["10"]:
            await connection.socket.aclose(4012)
        elif await self._pass("hello", client):
            self.connections.add(connection)
            try:
                await connection.run()
            finally:
                self.connections.discard(connection)
                self._pulse()


@asynccontextmanager
async def open_gateway(world: "World") -> AsyncIterator[Gateway]:
    """A gateway on a free port, which takes connections."""
    async with trio.open_nursery() as nursery:
        gateway = Gateway(world)
        gateway.listen(nursery)
        try:
            yield gateway
        finally:
            gateway.end()
        nursery.cancel_scope.cancel()
