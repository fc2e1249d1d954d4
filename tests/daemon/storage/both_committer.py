"""Processes that commit to a file and to MongoDB until they are killed, and tell each acknowledged batch.

Run as `python both_committer.py`. Each line of JSON on standard input starts one: the address and the file,
and the number of the first batch. It is forked, so that starting it takes no time; its number (`pid`), each
acknowledged batch (`done`) and what else becomes of it are lines on standard output, `ended` is the last.

With `count` it commits so many, tells when MongoDB has them (`level`), and goes on at SIGUSR1; at SIGUSR2 it
goes on without an end.
"""

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import trio

from actors.pair import Mode
from actors.ports import StoreUnavailable
from actors.replicated import ReplicatedStore
from daemon.storage.holder import holder_id
from daemon.storage.mongodb import MongoAddress, open_replica
from daemon.storage.sqlite import SQLiteStore
from tests.worlds.two_stores import Times, batch, both


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())  # in one piece, also by a process that is killed


async def work(store: ReplicatedStore, first: int, count: int | None) -> None:
    """Commit, and tell what is acknowledged. What is refused is tried again under the next number."""
    number, done = first, 0
    while count is None or done < count:
        try:
            await store.write(batch(number))
        except StoreUnavailable as error:
            say("unavailable", store.pair.mode.value, error)
            await trio.sleep(0.01)
        else:
            say("done", number)
            done += 1
        number += 1
    while store.pair.mode is not Mode.LOCAL or store.pair.lag != 0:  # noqa: ASYNC110 - happens in the store
        await trio.sleep(0.005)
    say("level")


async def live(order: dict[str, Any]) -> None:
    path, times = Path(order["path"]), Times(**order.get("times", {}))
    opening = open_replica(
        MongoAddress.parse(order["uri"]),
        holder=holder_id(path.parent),
        deadline=times.deadline,
        ttl=times.ttl,
    )
    async with opening as replica, trio.open_nursery() as nursery:
        store = both(SQLiteStore(path), replica, times)
        with trio.open_signal_receiver(signal.SIGUSR1, signal.SIGUSR2) as asked:
            await store.open()
            nursery.start_soon(store.tend)
            first, count = order["first"], order.get("count")
            await work(store, first, count)
            async for which in asked:
                first += 100
                await work(store, first, count if which == signal.SIGUSR1 else None)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            with contextlib.suppress(KeyboardInterrupt):
                say("pid", os.getpid())
                trio.run(live, json.loads(line))
            os._exit(0)
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main()
