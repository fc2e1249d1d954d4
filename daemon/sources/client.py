"""The HTTP client that all polled sources share."""

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

USER_AGENT = "perkd (gift-code watcher)"

_LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=30.0)


def build_client() -> httpx.AsyncClient:
    """A client for `open_source`; the caller closes it, after the sources that use it have ended.

    TLS is verified. Proxies and certificates named in the environment are honoured, except on the way to
    a loopback address, where a proxy is never meant. Cookies aren't kept: sources are asked in turns over
    one client, and owe each other none.
    """
    return httpx.AsyncClient(
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"User-Agent": USER_AGENT},
        limits=_LIMITS,
        mounts={"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None},
    )
