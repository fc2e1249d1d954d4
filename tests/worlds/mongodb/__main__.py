"""The stand-in as a process of its own: `python -m tests.worlds.mongodb --port 0 --replica-set rs0`.

Prints one line of JSON with its port and URI. Each line of JSON on its standard input is an order, named
as the methods of `MongoServer`: `{"set": {"slow": 5.0}}`, `{"stop": {}}`,
`{"cut": {"command": "insert", "after": 2}}`; each is answered with a line. It ends with its standard input.
With `--journal FILE` the next process goes on from where this one ended or was killed.
"""

import json
import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path

import trio

from tests.worlds.mongodb.journal import reopen
from tests.worlds.mongodb.server import MongoServer, open_mongo
from tests.worlds.mongodb.state import MongoState

ORDERS = frozenset({"set", "cut", "refuse", "step_down", "stop", "start", "restart", "drop_connections"})


def say(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def obey(server: MongoServer, line: str) -> None:
    """Do one order."""
    for name, fields in json.loads(line).items():
        if name not in ORDERS:
            raise SystemExit(f"{name!r} is no order; there are {', '.join(sorted(ORDERS))}")
        getattr(server, name)(**fields)
    say(ok=True)


async def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--replica-set", default="")
    parser.add_argument("--journal", type=Path)
    options = parser.parse_args()
    kept = reopen(options.journal, replica_set=options.replica_set) if options.journal else nullcontext(None)
    with kept as state:
        await serve(state, options.replica_set, options.port)


async def serve(state: MongoState | None, replica_set: str, port: int) -> None:
    async with open_mongo(state, replica_set=replica_set, port=port) as server:
        say(port=server.port, uri=server.uri)
        while line := await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            obey(server, line)


if __name__ == "__main__":
    trio.run(main)
