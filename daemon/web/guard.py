"""Who may ask what over TCP: decided before any handler runs.

On a loopback address everybody on the machine may read. But a page that a browser there shows must not: it
would come under a name of its own (DNS rebinding), or from another origin. Elsewhere all but the two health
checks needs the token. What changes something needs the token everywhere.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from attrs import frozen
from starlette.requests import cookie_parser

from daemon.secrets import Secret

OPEN = frozenset({"/healthz", "/readyz"})
"""Paths for everybody: a load balancer has no token, and they tell nothing but how it is."""
LOGIN = frozenset({"/login", "/static/page.css"})
"""Paths that lead to a token's being given."""
COOKIE = "perkd_session"
_LINKED = frozenset({"/", "/login"})
"""Where a link on another site may lead; who opens the first without the token is sent on to the second."""
_READING = frozenset({"GET", "HEAD"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@frozen
class Asked:
    """What the guard looks at. `websocket`: a connection that is to be upgraded."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    websocket: bool = False
    port: int = 0
    """Where it was received: a loopback name in `Host` counts with this port only."""


@frozen
class Refusal:
    """Why not: an HTTP status, and a sentence with the way out."""

    status: int
    text: str


@frozen
class Guard:
    """One for a listening address.

    Args:
        loopback: only this machine can reach it.
        token: None where none is set.
        token_env: the variable it is read from, for what is said.
        host: the address as it is configured; on loopback `Host` may name it.
    """

    loopback: bool
    token: Secret | None
    token_env: str
    host: str = "127.0.0.1"

    def refuse(self, asked: Asked) -> Refusal | None:
        """Why this may not be answered; None: it may."""
        reading = asked.method in _READING or asked.websocket
        if asked.path in OPEN and reading:
            return None
        if elsewhere := self._refuse_elsewhere(asked):
            return elsewhere
        if asked.path in LOGIN or (reading and self.loopback) or self.knows(asked.headers):
            return None
        if self.token is None:
            return Refusal(403, f"no token is set: put one into {self.token_env} and restart perkd")
        return Refusal(401, f"a token is needed: that of {self.token_env}, as 'Authorization: Bearer …'")

    def may_read(self, headers: Mapping[str, str], port: int) -> bool:
        """Whether who asks with these may read the status: for what is open to everybody."""
        return self.refuse(Asked("GET", "/api/status", headers, port=port)) is None

    def _refuse_elsewhere(self, asked: Asked) -> Refusal | None:
        if self.loopback and not self._names_loopback(asked):
            named = f"[{self.host}]" if ":" in self.host else self.host
            there = "http://127.0.0.1 or localhost" if self.host.lower() in _LOCAL else f"http://{named}"
            return Refusal(403, f"this address is for this machine: open it as {there}")
        if not _from_here(asked):
            return Refusal(403, "the request comes from another site's page")
        return None

    def _names_loopback(self, asked: Asked) -> bool:
        name, port = _split(asked.headers.get("host", ""))
        return name in {*_LOCAL, self.host.lower()} and port in {None, asked.port}

    def accepts(self, token: str) -> bool:
        """Whether this is the token; takes as long for every wrong one."""
        return self.token is not None and _same(token, self.token.reveal())

    def cookie(self) -> str:
        """What a browser keeps once it has given the token: the token can't be had from it."""
        assert self.token is not None  # noqa: S101 - only made after `accepts`
        return hmac.new(self.token.reveal().encode(), b"perkd session v1", hashlib.sha256).hexdigest()

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Whether the token, or the cookie that was given for it, comes along."""
        if self.token is None:
            return False
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.accepts(given.strip()):
            return True
        return _same(_cookie(headers.get("cookie", "")), self.cookie())


def _from_here(asked: Asked) -> bool:
    """Without an `Origin` it is no browser's script; a browser says where a link or picture stands."""
    origin = asked.headers.get("origin")
    if origin is None:
        is_link = asked.method in _READING and not asked.websocket and asked.path in _LINKED
        return is_link or asked.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    try:
        there = urlsplit(origin)
    except ValueError:
        return False
    return bool(there.netloc) and there.netloc.lower() == asked.headers.get("host", "").lower()


def _split(host: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "", None


def _cookie(text: str) -> str:
    """Ours, whatever others of this host (ports are all the same to cookies) have put beside it."""
    return cookie_parser(text).get(COOKIE, "")


def _same(given: str, wanted: str) -> bool:
    """Compared by digests: neither the place of the first difference nor the length shows in the time."""
    one, other = (hashlib.sha256(text.encode(errors="surrogateescape")).digest() for text in (given, wanted))
    return hmac.compare_digest(one, other)


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """An ASGI scope's headers by lower-case name; of several the first counts."""
    found: dict[str, str] = {}
    for name, value in raw:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found
