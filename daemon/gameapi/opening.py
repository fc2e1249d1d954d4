"""Opening a game's API: the adapter of its protocol over an HTTP client of ours."""

import ipaddress
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from actors.ports import Clock, GameAPI
from daemon.gameapi.settings import GameSettings, ProtocolVersion
from daemon.gameapi.v1 import GameAPIv1
from daemon.gameapi.v2 import GameAPIv2
from daemon.gameapi.wire import Wire

NO_CAPTCHA = "none"

_LIMITS = httpx.Limits(
    max_connections=4,  # two calls at once is all that perkd makes; the rest is for connections being closed
    max_keepalive_connections=2,
    keepalive_expiry=4.0,  # below the 5 s after which common servers hang up: no call into a closing line
)


def build_game_api(settings: GameSettings, clock: Clock, client: httpx.AsyncClient) -> GameAPI:
    """The adapter for the game's protocol over a client that stays the caller's.

    >>> api = build_game_api(settings, clock, httpx.AsyncClient(transport=httpx.ASGITransport(app)))
    """
    wire = Wire(settings, client, clock)
    match settings.protocol:
        case ProtocolVersion.V1:
            return GameAPIv1(wire, captcha=settings.captcha != NO_CAPTCHA)
        case ProtocolVersion.V2:
            return GameAPIv2(wire)


def build_client(base_url: str) -> httpx.AsyncClient:
    """The HTTP client for one game's API; the caller closes it.

    TLS is verified and redirects aren't followed. Proxies and certificates named in the environment
    (`HTTPS_PROXY`, `SSL_CERT_FILE` …) are an operator's business and are honoured, except on the way to
    a loopback address, where a proxy is never meant. Cookies are not kept: all players share the client,
    and one player's cookie has no place in another's call.
    """
    return httpx.AsyncClient(
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        limits=_LIMITS,
        trust_env=not _is_loopback(httpx.URL(base_url).host),
    )


@asynccontextmanager
async def open_game_api(
    settings: GameSettings, clock: Clock, *hooks: Callable[[httpx.Response], Awaitable[None]]
) -> AsyncGenerator[GameAPI]:
    """One game's API for as long as the block runs, over a client of its own; `hooks` hear every answer."""
    async with build_client(settings.base_url) as client:
        client.event_hooks["response"].extend(hooks)
        yield build_game_api(settings, clock, client)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
