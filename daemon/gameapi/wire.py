"""One signed call over HTTP: bounded in time and in size, and never an exception for what comes back."""

import logging
from collections.abc import Mapping

import httpx
import trio
from attrs import frozen

from actors.ports import Clock, RateHint, Verdict
from daemon.gameapi.answers import NETWORK_ERROR, classify, http_verdict
from daemon.gameapi.body import BODY_LIMIT, parse_answer, unpack
from daemon.gameapi.hints import rate_hint
from daemon.gameapi.settings import Endpoint, GameSettings
from daemon.gameapi.signing import signed

logger = logging.getLogger(__name__)

USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/138.0.0.0 Safari/537.36"
)
"""One and the same for all calls: without a browser's name the games answer 403."""

_NO_HINT = RateHint()
_NO_DATA: Mapping[str, object] = {}


@frozen
class Answer:
    """What came of a call; `data` is the answer's object of that name, empty where there is none."""

    verdict: Verdict
    hint: RateHint = _NO_HINT
    data: Mapping[str, object] = _NO_DATA


class Wire:
    """Makes calls to one game's API over an HTTP client, which stays the caller's to close."""

    def __init__(self, settings: GameSettings, client: httpx.AsyncClient, clock: Clock) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._base = httpx.URL(settings.base_url.rstrip("/") + "/")
        self._headers = {
            "Accept": "application/json, text/plain, */*",
            "Accept-Encoding": "gzip, deflate",
            "Origin": settings.origin,
            "Referer": settings.origin.rstrip("/") + "/",
            "User-Agent": USER_AGENT,
        }

    async def call(self, endpoint: Endpoint, fields: Mapping[str, str]) -> Answer:
        """Sign the fields, add the time, post them, and classify what comes back.

        The deadline is for the whole call: httpx's timeouts are per read, and a server that sends a byte
        now and then would never meet one.
        """
        answer = Answer(NETWORK_ERROR)
        form = signed({**fields, "time": str(int(self._clock.now()))}, self._settings.sign_key)
        with trio.move_on_after(self._settings.timeout) as deadline:
            try:
                async with self._client.stream(
                    "POST",
                    self._base.join(endpoint.value),
                    data=form,
                    headers=self._headers,
                    follow_redirects=False,
                    timeout=None,
                ) as response:
                    hint = rate_hint(response.status_code, response.headers, self._clock.now())
                    answer = Answer(NETWORK_ERROR, hint)
                    answer = await self._read(endpoint, response, hint)
            except httpx.HTTPError as error:
                # What fails after the answer is complete (closing the connection) does not undo it.
                self._note(endpoint, f"{type(error).__name__}: {error}")
        if deadline.cancelled_caught:
            self._note(endpoint, f"not complete after {self._settings.timeout:g} s")
        return answer

    async def _read(self, endpoint: Endpoint, response: httpx.Response, hint: RateHint) -> Answer:
        verdict = http_verdict(response.status_code)
        if verdict is not None:
            return Answer(verdict, hint)  # its body, however slow or large, would change nothing
        raw = await _gather(response)
        body = b"" if raw is None else unpack(raw, response.headers.get("Content-Encoding", "")) or b""
        verdict = classify(endpoint, self._settings.protocol, response.status_code, body)
        data = (parse_answer(body) or {}).get("data")
        return Answer(verdict, hint, data if isinstance(data, dict) else _NO_DATA)

    def _note(self, endpoint: Endpoint, reason: str) -> None:
        logger.info(
            "A call to %s of %s broke off: %s",
            endpoint.value,
            self._settings.name,
            reason,
            extra={"game": self._settings.name, "endpoint": endpoint.value, "reason": reason},
        )


async def _gather(response: httpx.Response) -> bytes | None:
    """The body as it came; None as soon as it is more than `BODY_LIMIT` bytes."""
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            if len(body) > BODY_LIMIT:
                continue
            body += chunk
            if len(body) > BODY_LIMIT:
                # Leaving the loop would leave the stack of generators below it to the garbage collector.
                # Closing the connection under them ends each in order.
                await response.aclose()
    except httpx.HTTPError:
        if len(body) <= BODY_LIMIT:
            raise
    return bytes(body) if len(body) <= BODY_LIMIT else None
