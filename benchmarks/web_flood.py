"""`python -m benchmarks.web_flood PORT NUMBER`: so many idle connections and dripping heads, from 127.0.0.x.

Every other one sends half a request head, and the newest a byte of it now and then. What is closed stays
closed. Meanwhile the health check is asked again and again. Prints one JSON object: `seconds` until all were
opened, `held` (how many are open at the end), `asked_worst` (milliseconds), `refused` (health checks
that were not answered).
"""

import json
import resource
import sys
from contextlib import suppress
from time import perf_counter

import trio

HOLD = 5.0
"""Seconds after the last was opened."""
AT_ONCE = 64


async def flood(port: int, number: int) -> dict[str, float]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held: list[trio.SocketStream] = []
    answers: list[float] = []
    refused = 0

    async def ask() -> None:
        nonlocal refused
        while True:
            began = perf_counter()
            line = await _healthz(port)
            if line.startswith(b"HTTP/1.1 200"):
                answers.append((perf_counter() - began) * 1e3)
            else:
                refused += 1
            await trio.sleep(0.05)

    async def open_some(first: int) -> None:
        for index in range(first, number, AT_ONCE):
            stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=f"127.0.0.{2 + index % 200}")
            held.append(stream)
            if index % 2:
                await _drip(stream, b"GET /healthz HTTP/1.1\r\nx-slow: ")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        began = perf_counter()
        async with trio.open_nursery() as opening:
            for first in range(AT_ONCE):
                opening.start_soon(open_some, first)
        seconds = perf_counter() - began
        for _ in range(int(HOLD)):
            for stream in held[-1000:]:
                await _drip(stream, b"x")
            await trio.sleep(1)
        nursery.cancel_scope.cancel()
    alive = sum([not await _is_closed(stream) for stream in held])
    return {"seconds": seconds, "held": alive, "asked_worst": max(answers), "refused": refused}


async def _drip(stream: trio.SocketStream, data: bytes) -> None:
    # One that was closed from the other side is what the bound is for.
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        await stream.send_all(data)


async def _healthz(port: int) -> bytes:
    try:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(f"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode())
            return bytes(await stream.receive_some())
    except (OSError, trio.BrokenResourceError):
        return b""


async def _is_closed(stream: trio.SocketStream) -> bool:
    try:
        with trio.move_on_after(0.001):
            return await stream.receive_some(1) == b""
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return True
    return False


if __name__ == "__main__":
    print(json.dumps(trio.run(flood, int(sys.argv[1]), int(sys.argv[2]))))
