"""Putting a plan on the wire: late, in drops, or not at all."""

from collections.abc import Callable
from typing import NoReturn

import httpx
import trio
from attrs import define, field
from starlette.types import Message, Receive, Scope, Send

from daemon.simulator.reception import Plan

CUT_EXTENSION = "perkd.cut"
"""ASGI extension of `serve`: an async function `(reset: bool) -> None` that ends the TCP connection."""

_PIECES = 16


def _nothing() -> None:
    pass


@define
class Delivery:
    """An ASGI response that follows a plan.

    `left` is called once, just before the last byte goes out: a client that has its answer and sends the
    next request must not be counted as having two in flight.

    A cut over a socket resets (or closes) the TCP connection. In process there is none, so the ASGI
    application raises what httpx would have raised: `httpx.ReadError` for a connection cut,
    `httpx.RemoteProtocolError` for a cut body; `httpx.ASGITransport` hands it on to the caller.
    """

    plan: Plan
    left: Callable[[], None] = _nothing
    _is_over: bool = field(default=False, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, or as much of it as the plan allows."""
        try:
            if self.plan.delay and await _is_gone_within(self.plan.delay, receive):
                return
            if self.plan.cut == "connection":
                self._end()
                await _cut(scope, reset=True)
                return
            await send(self._head())
            await self._send_body(scope, receive, send)
        finally:
            self._end()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self.left()

    def _head(self) -> Message:
        answer = self.plan.answer
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        return {"type": "http.response.start", "status": answer.status, "headers": headers}

    async def _send_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = self.plan.answer.body
        pieces = _pieces(body) if self.plan.trickle else [body]
        if self.plan.cut == "body":
            pieces = [body[: len(body) // 2]]
        for index, piece in enumerate(pieces):
            is_last = index == len(pieces) - 1
            if self.plan.trickle and await _is_gone_within(self.plan.trickle / len(pieces), receive):
                return
            if is_last:
                self._end()
            more = not is_last or self.plan.cut == "body"
            await send({"type": "http.response.body", "body": piece, "more_body": more})
        if self.plan.cut == "body":
            await _cut(scope, reset=False)


def _pieces(body: bytes) -> list[bytes]:
    size = max(1, -(-len(body) // _PIECES))
    return [body[start : start + size] for start in range(0, len(body), size)] or [b""]


async def _is_gone_within(seconds: float, receive: Receive) -> bool:
    """Wait, unless the client hangs up first: a request nobody waits for is not in flight."""
    is_gone = False

    async def watch() -> None:
        nonlocal is_gone
        while (await receive())["type"] != "http.disconnect":
            pass
        is_gone = True
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        await trio.sleep(seconds)
        nursery.cancel_scope.cancel()
    return is_gone


async def _cut(scope: Scope, *, reset: bool) -> None:
    cut = scope.get("extensions", {}).get(CUT_EXTENSION)
    if cut is None:
        _raise_cut(reset=reset)
    await cut(reset)


def _raise_cut(*, reset: bool) -> NoReturn:
    if reset:
        raise httpx.ReadError("the simulator cut the connection before its answer")
    raise httpx.RemoteProtocolError("the simulator cut the connection within its answer")
