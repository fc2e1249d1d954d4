"""`python -m benchmarks.web_client URL TIMES`: gets an address again and again, as a page does.

A WebSocket's (`ws:`) messages are awaited instead. Prints one JSON object: `ms` and `bytes` of each.
"""

import json
import sys
from time import perf_counter

import httpx
import trio
from trio_websocket import open_websocket_url


def get(url: str, times: int) -> list[tuple[float, int]]:
    taken = []
    with httpx.Client(timeout=30, trust_env=False) as client:
        for _ in range(times):
            began = perf_counter()
            answer = client.get(url)
            taken.append(((perf_counter() - began) * 1e3, len(answer.content)))
            assert answer.status_code == httpx.codes.OK, answer.text
    return taken


async def listen(url: str, times: int) -> list[tuple[float, int]]:
    taken: list[tuple[float, int]] = []
    async with open_websocket_url(url) as socket:
        began = perf_counter()
        while len(taken) < times:
            message = await socket.get_message()
            if "status" in json.loads(message):
                taken.append(((perf_counter() - began) * 1e3, len(message)))
                began = perf_counter()
    return taken


def main() -> None:
    url, times = sys.argv[1], int(sys.argv[2])
    taken = trio.run(listen, url, times) if url.startswith("ws:") else get(url, times)
    print(json.dumps({"ms": [ms for ms, _ in taken], "bytes": [size for _, size in taken]}))


if __name__ == "__main__":
    main()
