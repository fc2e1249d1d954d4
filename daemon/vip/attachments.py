"""Files of a thread: fetched from Discord's servers when they are sent."""

import httpx
import trio
from attrs import define, field

from actors.vip.ports import FloodWait, Gone, Refused, Unreachable
from daemon.vip.failures import Failures

WITHIN = 300.0
"""Seconds for one file."""

_OK = 200
_NOT_NOW = 429
_LOST = frozenset({401, 403, 404, 410})
"""Discord's answers once an address has expired, or the message is gone."""
_SERVERS_OWN = 500
_PAUSE = 60.0
_LONGEST_PAUSE = 3600.0


class TooLarge(Refused):
    """The file has more bytes than may be fetched."""


def new_client() -> httpx.AsyncClient:
    """For `Attachments`; whoever opens it closes it. No redirects are followed, no cookies kept."""
    return httpx.AsyncClient(
        headers={"User-Agent": "perkd", "Accept-Encoding": "identity"},
        follow_redirects=False,
        timeout=httpx.Timeout(30.0),
        limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
        mounts={"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None},
    )


@define(eq=False)
class Attachments:
    """Fetches what members attach. A file that can't be had is told from a network that is away."""

    _client: httpx.AsyncClient
    _limit: int
    """Bytes of one file."""
    _within: float = WITHIN
    _failures: Failures = field(factory=Failures, init=False)
    """Of servers that had trouble of their own; a network that is away is none."""

    async def open(self, source: object) -> bytes:
        """The bytes at an address.

        Raises:
            Gone: it is not there, or not any more.
            Refused: it is no address, or (`TooLarge`) there is more than the limit.
            FloodWait: the server wants to be asked later.
            Unreachable: no answer, or trouble of the server's own.
        """
        url = str(source)
        if not url.startswith(("https://", "http://")):
            raise Refused("the file has no address on the web")
        with trio.move_on_after(self._within):
            try:
                data = await self._fetch(url)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise Unreachable(f"a file can't be fetched from Discord ({type(error).__name__})") from error
            self._failures.forget(url)
            return data
        raise self._failures.again(url, f"a file did not come from Discord within {self._within:g} s")

    async def _fetch(self, url: str) -> bytes:
        async with self._client.stream("GET", url) as response:
            self._judge(url, response)
            announced = response.headers.get("Content-Length", "")
            if announced.isdecimal() and int(announced) > self._limit:
                raise TooLarge(f"the file has {announced} bytes, more than {self._limit}")
            return await self._gather(response)

    async def _gather(self, response: httpx.Response) -> bytes:
        data, fault = bytearray(), False
        try:
            async for chunk in response.aiter_raw():
                if not fault:
                    data += chunk
                if not fault and len(data) > self._limit:
                    fault = True
                    # Leaving the loop would leave what is below it to the garbage collector. Closing the
                    # connection under it ends each in order.
                    await response.aclose()
        except httpx.HTTPError:
            if not fault:
                raise
        if fault:
            raise TooLarge(f"the file has more than {self._limit} bytes")
        return bytes(data)

    def _judge(self, url: str, response: httpx.Response) -> None:
        status = response.status_code
        if status == _OK:
            return
        if status in _LOST or response.is_redirect:
            raise Gone(f"the file is not there any more (HTTP {status})")
        if status == _NOT_NOW:
            raise FloodWait(_pause(response))
        if status >= _SERVERS_OWN:
            raise self._failures.again(url, f"a file can't be fetched from Discord (HTTP {status})")
        raise Refused(f"the file can't be fetched (HTTP {status})")


def _pause(response: httpx.Response) -> float:
    try:
        wanted = float(response.headers.get("Retry-After", _PAUSE))
    except ValueError:
        return _PAUSE
    return min(max(wanted, 1.0), _LONGEST_PAUSE) if wanted == wanted else _PAUSE  # noqa: PLR0124 - NaN
