"""One conditional GET: bounded in time, size and redirects; whatever else comes is a `SourceError`."""

from collections.abc import Mapping

import httpx
import trio
from attrs import frozen

from actors.ports import SourceError
from daemon.sources.body import Body, BodyReader, excerpt

MAX_REDIRECTS = 3
_MAX_VALIDATOR = 512

_OK = 200
_NOT_MODIFIED = 304


@frozen
class _Validators:
    """What a server wants to hear to answer "not modified" (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""

    @classmethod
    def of(cls, headers: httpx.Headers) -> "_Validators":
        return cls(_echoable(headers.get("ETag", "")), _echoable(headers.get("Last-Modified", "")))

    def as_headers(self) -> dict[str, str]:
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in pairs.items() if value}


def _echoable(value: str) -> str:
    """A validator is sent back as it came; one that would not make a header is ignored."""
    return value if len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable() else ""


class Fetcher:
    """Fetches one URL again and again.

    A fetch is conditional on what was last *accepted*, not on what was last seen: codes that were fetched
    but could not be recorded come again with the next fetch.
    """

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        *,
        accept: str,
        private: Mapping[str, str] | None = None,
        timeout: float = 20.0,
    ) -> None:
        """`accept`: media types; `private`: headers for this origin only; `timeout`: seconds, all in all."""
        self._url = httpx.URL(url)
        self._client = client
        # Only gzip, because `BodyReader` knows no other way to unpack within bounds.
        self._public = {"Accept": accept, "Accept-Encoding": "gzip"}
        self._private = dict(private or {})
        self._timeout = timeout
        self._accepted = _Validators()
        self._offered: _Validators | None = None

    async def fetch(self) -> Body | None:
        """The body, or None when it is as it was at the last `accept`.

        Raises:
            SourceError: anything else came, or nothing did; the text says what.
        """
        self._offered = None
        with trio.move_on_after(self._timeout):
            try:
                return await self._follow()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise SourceError(f"got no answer ({type(error).__name__}: {excerpt(str(error))})") from error
        raise SourceError(f"got no complete answer within {self._timeout:g} s")

    def accept(self) -> None:
        """What was fetched last is in safe hands: it need not come again."""
        if self._offered is not None:
            self._accepted = self._offered

    async def _follow(self) -> Body | None:
        url = self._url
        for _ in range(MAX_REDIRECTS + 1):
            async with self._client.stream(
                "GET",
                url,
                headers=self._headers(url),
                follow_redirects=False,
                timeout=None,  # the deadline around it is the timeout: httpx's are per read
            ) as response:
                if not response.has_redirect_location:
                    return await self._read(response)
                url = _redirected(url, response)
        raise SourceError(f"got redirected more than {MAX_REDIRECTS} times, at last to {_shown(url)}")

    def _headers(self, url: httpx.URL) -> dict[str, str]:
        headers = self._public | self._accepted.as_headers()
        return headers | self._private if _origin(url) == _origin(self._url) else headers

    async def _read(self, response: httpx.Response) -> Body | None:
        if response.status_code == _NOT_MODIFIED and self._accepted != _Validators():
            return None
        if response.status_code != _OK:
            raise SourceError(f"got HTTP {response.status_code} {response.reason_phrase[:40]}".rstrip())
        content = await _gather(response)
        self._offered = _Validators.of(response.headers)
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Body(content, media_type[:80])


async def _gather(response: httpx.Response) -> bytes:
    reader = BodyReader(response.headers.get("Content-Encoding", ""))
    fault: SourceError | None = None
    try:
        async for chunk in response.aiter_raw():
            if fault is not None:
                continue
            try:
                reader.feed(chunk)
            except SourceError as error:
                fault = error
                # Leaving the loop would leave the stack of generators below it to the garbage collector.
                # Closing the connection under them ends each in order.
                await response.aclose()
    except httpx.HTTPError:
        if fault is None:
            raise
    if fault is not None:
        raise fault
    return reader.finish()


def _redirected(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    target = url.join(response.headers["Location"])
    if target.scheme not in ("http", "https") or not target.host:
        raise SourceError(f"got redirected to {_shown(target)}, which is no web address")
    if url.scheme == "https" and target.scheme == "http":
        raise SourceError(f"got redirected from https to {_shown(target)}, which anybody could forge")
    return target


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _shown(url: httpx.URL) -> str:
    """The address without what may be secret in it."""
    return excerpt(f"{url.scheme}://{url.host}{url.path}")
