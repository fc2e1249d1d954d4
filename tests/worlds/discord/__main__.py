"""The stand-in as a process of its own: `python -m tests.worlds.discord --port 0`.

Prints one line of JSON: the urls of REST and of its orders (see `control`), token and ids. It ends with its
standard input.
"""

import json
import sys
from argparse import ArgumentParser

import trio

from tests.worlds.discord.control import control_route
from tests.worlds.discord.world import open_discord


async def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="", help="left out: one is made up")
    options = parser.parse_args()
    async with open_discord(options.port, control=control_route, token=options.token) as discord:
        fields = {
            "rest_url": discord.rest_url,
            "control_url": discord.rest_url.replace("/api/v10", "/_control"),
            "token": discord.token,
            "application_id": discord.application_id,
            "bot_id": discord.bot_id,
        }
        sys.stdout.write(json.dumps(fields) + "\n")
        sys.stdout.flush()
        while await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            pass


if __name__ == "__main__":
    trio.run(main)
