"""The page's files, and the way in: `/`, `/static/…`, `/login`, `/logout`."""

import hashlib
from collections.abc import Mapping
from contextlib import aclosing
from functools import cache
from html import escape
from http.cookies import SimpleCookie
from importlib import resources
from urllib.parse import parse_qs

import trio
from attrs import field, frozen
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from daemon.web.guard import COOKIE, Guard

TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
"""File endings that are served, and as what."""
WRONG_TOKEN_DELAY = 1.0
"""Seconds until a wrong token is refused."""
TRIES_AT_ONCE = 5
"""Tokens that are looked at together; so many wrong ones a second can be tried."""
LONGEST_FORM = 4096
"""Bytes of what the login form sends."""
FORM_WITHIN = 5.0
"""Seconds it may take to send it."""
FORMS_AT_ONCE = 20
"""Those that are being sent: few, so that whoever sends them slowly takes no places from others."""


@frozen
class Asset:
    """A file as it is served."""

    content: bytes
    type: str
    etag: str

    @classmethod
    def of(cls, name: str, content: bytes) -> "Asset":
        """A file of this name."""
        digest = hashlib.sha256(content).hexdigest()[:20]
        return cls(content, TYPES[name.rpartition(".")[2]], f'"{digest}"')

    def answer(self, request: Request, *, status: int = 200) -> Response:
        """The file, or 304 where the browser has this very one."""
        headers = {"etag": self.etag, "cache-control": "no-cache"}  # kept, and asked for again each time
        known = request.headers.get("if-none-match", "")
        if status == 200 and self.etag in (one.strip() for one in known.split(",")):  # noqa: PLR2004 - HTTP's
            return Response(status_code=304, headers=headers)
        return Response(self.content, status, headers, self.type)


@cache
def assets() -> Mapping[str, Asset]:
    """Every file of the page, by name; read once in a life of the process."""
    found = {}
    for entry in resources.files("daemon.web").joinpath("static").iterdir():
        if entry.is_file() and entry.name.rpartition(".")[2] in TYPES:
            found[entry.name] = Asset.of(entry.name, entry.read_bytes())
    return found


@cache
def login_page(message: str = "") -> Asset:
    """The form, with what is to be said above it."""
    form = assets()["login.html"].content.decode()
    return Asset.of("login.html", form.replace("{message}", escape(message)).encode())


@frozen(eq=False)
class Pages:
    """The routes. One for a server: it bounds how fast tokens can be tried in the form."""

    guard: Guard
    _tries: trio.CapacityLimiter = field(factory=lambda: trio.CapacityLimiter(TRIES_AT_ONCE))
    _forms: trio.CapacityLimiter = field(factory=lambda: trio.CapacityLimiter(FORMS_AT_ONCE))

    async def index(self, request: Request) -> Response:
        """`GET /`."""
        return assets()["index.html"].answer(request)

    async def static(self, request: Request) -> Response:
        """`GET /static/NAME`."""
        asset = assets().get(request.path_params["name"])
        return Response("There is no such file.", 404) if asset is None else asset.answer(request)

    async def login(self, request: Request) -> Response:
        """`GET /login`: the form."""
        return login_page().answer(request)

    async def give_token(self, request: Request) -> Response:
        """`POST /login`, as the form sends it: the cookie, or the form once more after a while."""
        if self._forms.available_tokens < 1:
            return _too_many()
        async with self._forms:
            token = await _token_of(request)
        if self._tries.available_tokens < 1:
            return _too_many()
        async with self._tries:
            if token is not None and self.guard.accepts(token):
                answer = RedirectResponse("/", 303)
                answer.headers["set-cookie"] = _set_cookie(self.guard.cookie(), secure=_is_https(request))
                return answer
            await trio.sleep(WRONG_TOKEN_DELAY)
        unset = f"No token is set: put one into {self.guard.token_env} and restart perkd."
        text = unset if self.guard.token is None else "That is not the token."
        return login_page(text).answer(request, status=403)

    async def logout(self, request: Request) -> Response:
        """`POST /logout`: the cookie goes."""
        answer = RedirectResponse("/", 303)
        answer.headers["set-cookie"] = _set_cookie("", secure=_is_https(request))
        return answer

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            Route("/", self.index),
            Route("/static/{name}", self.static),
            Route("/login", self.login),
            Route("/login", self.give_token, methods=["POST"]),
            Route("/logout", self.logout, methods=["POST"]),
        ]


def _too_many() -> Response:
    headers = {"retry-after": "2", "connection": "close"}  # the rest of a form is not read
    return Response("Too many try to log in: try again in a few seconds.", 429, headers)


async def _token_of(request: Request) -> str | None:
    body = bytearray()
    with trio.move_on_after(FORM_WITHIN) as scope:
        async with aclosing(request.stream()) as chunks:
            try:
                async for chunk in chunks:
                    body += chunk
                    if len(body) > LONGEST_FORM:
                        return None
            except ClientDisconnect:  # who left reads no answer either
                return None
    if scope.cancelled_caught:
        return None
    try:
        given = parse_qs(body.decode(), max_num_fields=4).get("token", [])
    except ValueError:
        return None
    return given[0].strip() if given else None


def _set_cookie(value: str, *, secure: bool) -> str:
    """The header. Scripts can't read it, other sites' pages can't send it; it ends with the browser."""
    cookie: SimpleCookie = SimpleCookie({COOKIE: value})
    morsel = cookie[COOKIE]
    morsel["path"], morsel["httponly"], morsel["samesite"] = "/", True, "Strict"
    if secure:
        morsel["secure"] = True
    if not value:
        morsel["max-age"] = 0
    return morsel.OutputString()


def _is_https(request: Request) -> bool:
    """Whether the browser speaks TLS: to us, or to the proxy before us."""
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0]  # the first proxy's word
    return "https" in {request.url.scheme, forwarded.strip().lower()}
