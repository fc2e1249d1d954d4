"""The stand-in as a process of its own: `python -m tests.worlds.mongodb --port 0 --replica-set rs0`.

Prints one line of JSON with its port and URI. Each line of JSON on its standard input is an order, named
as the methods of `MongoServer`: `{"set": {"slow": 5.0}}`, `{"stop": {}}`,
`{"cut": {"command": "insert", "after": 2}}`; each is answered with a line. It ends with its standard input.
"""

import json
import sys
from argparse import ArgumentParser

import trio

from tests.worlds.mongodb.server import MongoServer, open_mongo

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
    options = parser.parse_args()
    async with open_mongo(replica_set=options.replica_set, port=options.port) as server:
        say(port=server.port, uri=server.uri)
        while line := await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            obey(server, line)


if __name__ == "__main__":
    trio.run(main)
