"""Kind `websocket`: a peer that pushes `{"code": "X", "game": "wos", "expires": "…"}`, one code a message.

`game` and `expires` may be missing: then it is the source's own game, without expiry. `rewards` may say what
it gives. A `sequence` (a whole number), as another perkd's `/feed` has it, is given back as `after` when the
connection is made again, so that the peer sends what was missed. The secret, where there is one, goes into
the handshake as `Authorization: Bearer …`.
"""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import trio
from attrs import define, evolve, field
from trio_websocket import ConnectionClosed, WebSocketConnection

from actors.giftcodes.codes import clean_code, read_code
from actors.ports import FoundCode, SourceError
from daemon.sources.body import Body, excerpt
from daemon.sources.expiry import parse_expiry
from daemon.sources.json_body import parse_json, shape
from daemon.sources.settings import SourceSettings
from daemon.sources.websocket_line import Address, open_line, why

logger = logging.getLogger(__name__)

MAX_REWARDS = 500
"""Characters of what a code gives that are kept."""
_TOO_LARGE = 1 << 53
_NORMAL = frozenset({1000, 1001})
_WARNED_OF_EACH = 5
_WARNED_OF_EVERY = 100


@define
class WebSocketFeed:
    """A `Feed` over a WebSocket.

    A bad message is logged and counted, and does not end the feed. A peer that says nothing for `idle`
    seconds is asked by a ping, and given up when it does not answer for `patience` seconds.
    """

    _settings: SourceSettings
    _games: frozenset[str] = field(default=frozenset(), kw_only=True)
    _idle: float = field(default=20.0, kw_only=True)
    _patience: float = field(default=10.0, kw_only=True)
    bad_messages: int = field(default=0, init=False)
    """Since the feed was made, over all its connections."""
    seen: int = field(default=0, init=False)
    """The highest `sequence` of a code that was handed on."""

    _address: Address = field(init=False)

    @_address.default
    def _parse_address(self) -> Address:
        try:
            return Address.of(self._settings.url)
        except ValueError as error:
            raise ValueError(f"source {self._settings.name}: url = {self._settings.url!r}: {error}") from None

    @asynccontextmanager
    async def listen(self) -> AsyncGenerator[AsyncIterator[FoundCode]]:
        """Connect for the length of the block; the iterator yields codes as they come."""
        async with (
            open_line(self._resumed(), self._headers(), self._settings.timeout) as connection,
            aclosing(self._codes(connection)) as codes,
        ):
            yield codes

    def _resumed(self) -> Address:
        """Where to connect, with what was seen last."""
        if not self.seen:
            return self._address
        mark = "&" if "?" in self._address.resource else "?"
        return evolve(self._address, resource=f"{self._address.resource}{mark}after={self.seen}")

    def _headers(self) -> list[tuple[bytes, bytes]]:
        if self._settings.secret is None:
            return []
        return [(b"Authorization", f"Bearer {self._settings.secret.reveal()}".encode("ascii"))]

    async def _codes(self, connection: WebSocketConnection) -> AsyncGenerator[FoundCode]:
        while True:
            try:
                message = await self._next(connection)
            except ConnectionClosed as closed:
                if closed.reason is not None and closed.reason.code in _NORMAL:
                    return
                raise SourceError(f"lost the connection: {why(closed)}") from None
            try:
                code = read_message(message, self._settings.game, self._games)
            except SourceError as fault:
                self._note_bad(str(fault))
            else:
                yield code
                self.seen = max(self.seen, read_sequence(message))  # only now: it is in the reader's hands

    async def _next(self, connection: WebSocketConnection) -> str | bytes:
        """The next message; pings go out only while nothing is being worked on here.

        While the reader of `_codes` is busy nobody takes messages off, and a pong behind them would not be
        seen: a slow reader is no dead peer.
        """
        while True:
            with trio.move_on_after(self._idle):
                return await connection.get_message()
            with trio.move_on_after(self._patience):
                await connection.ping()
                continue
            # A peer that talks without pause may have buried its pong below its messages.
            with trio.move_on_after(0.1):
                return await connection.get_message()
            raise SourceError(f"lost the connection: no answer to a ping within {self._patience:g} s")

    def _note_bad(self, fault: str) -> None:
        self.bad_messages += 1
        if self.bad_messages <= _WARNED_OF_EACH or self.bad_messages % _WARNED_OF_EVERY == 0:
            logger.warning(
                "Feed %s: bad message number %d was skipped: %s",
                self._settings.name,
                self.bad_messages,
                fault,
                extra={"source": self._settings.name, "bad_messages": self.bad_messages, "reason": fault},
            )


def read_message(message: str | bytes, game: str, games: frozenset[str] = frozenset()) -> FoundCode:
    """The code that `message` announces, of `game` unless it names another of `games`.

    Raises:
        SourceError: it announces none; the text says what it is instead.
    """
    content = message.encode(errors="surrogatepass") if isinstance(message, str) else message
    document = parse_json(Body(content))
    if not isinstance(document, dict) or "code" not in document:
        raise SourceError(f"got JSON that is {shape(document)}, without code")
    text = document["code"]
    code = read_code(text) if isinstance(text, str) else None
    if code is None:
        raise SourceError(f"got code {excerpt(str(text))}, which can be none")
    named = game if document.get("game") is None else document["game"]
    if not isinstance(named, str) or (named != game and named not in games):
        raise SourceError(f"got code {excerpt(code)} for game {excerpt(str(named))}, which is not configured")
    rewards = document.get("rewards")
    rewards = clean_code(rewards)[:MAX_REWARDS] if isinstance(rewards, str) else ""
    return FoundCode(named, code, parse_expiry(document.get("expires")), rewards)


def read_sequence(message: str | bytes) -> int:
    """The number of a message that `read_message` has read; 0 where it has none that makes sense."""
    document = json.loads(message)
    number = document.get("sequence")
    return number if isinstance(number, int) and 0 < number < _TOO_LARGE else 0
