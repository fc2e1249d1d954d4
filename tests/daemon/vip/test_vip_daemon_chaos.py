"""Messages both ways while everything fails in turn: each crosses once, in order. With the real libraries."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
from attrs import define, field

from supervision.testing import crash
from tests.worlds.discord_process import said
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon

MESSAGES = "/channels/*/messages"
ROUNDS = 12
ACTORS = (
    "storage",
    "gateways/discord",
    "gateways/telegram",
    "gateways/vip",
    "vip/leasing/account_pool",
    "vip/desk",
)


@define(eq=False)
class Chaos:
    """What goes wrong."""

    vip: VIPDaemon
    random: Random
    member: Any
    crashes: int = 0
    done: list[str] = field(factory=list)

    async def strike(self) -> None:
        """One thing."""
        kinds: list[Callable[[], Awaitable[None]]] = [
            self.telegram_answers_wrong,
            self.telegram_is_cut,
            self.discord_answers_wrong,
            self.discord_gateway,
            self.actor,
        ]
        kind = self.random.choice(kinds)
        await kind()
        self.done.append(kind.__name__)

    async def telegram_answers_wrong(self) -> None:
        faults = self.vip.stage.telegram.faults
        error = self.random.choice(["INTERNAL_SERVER_ERROR", "FLOOD_WAIT_1", ""])
        if error:
            faults.fail("SendMessage", error)
        else:
            faults.lose_answer("SendMessage", done=self.random.random() < 0.5, cut=True)

    async def telegram_is_cut(self) -> None:
        self.vip.stage.telegram.drop_connections()

    async def discord_answers_wrong(self) -> None:
        faults = self.vip.stage.stage.discord.faults
        if self.random.random() < 0.5:
            faults.answer("POST", MESSAGES, status=self.random.choice([500, 503]), times=1)
        else:
            faults.drop_reply("POST", MESSAGES)

    async def discord_gateway(self) -> None:
        gateway = self.vip.stage.stage.discord.gateway
        await self.random.choice(
            [gateway.op7, lambda: gateway.op9(resumable=False), lambda: gateway.close(4000)]
        )()

    async def actor(self) -> None:
        if self.crashes >= 4:
            return  # more in a minute are given up, for minutes
        self.crashes += 1
        tree = self.vip.made.tree
        if self.random.random() < 0.3:
            child = tree.dynamic("vip/leasing/threads").get(f"{self.vip.stage.server.id}-{self.member.id}")
            if child is not None:
                crash(child)
        else:
            crash(tree.ref(self.random.choice(ACTORS)))


@pytest.mark.parametrize("seed", range(2))
async def test_each_message_crosses_once_and_in_order_whatever_fails(tmp_path: Path, seed: int) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        (account,) = vip.stage.accounts
        random = Random(seed)
        chaos = Chaos(vip, random, ann)
        for number in range(ROUNDS):
            await chaos.strike()
            await ann.say(thread, f"question {number}.")
            vip.stage.telegram.desk.say(account, f"answer {number}.")
            await trio.sleep(random.uniform(0.0, 0.2))
        vip.stage.telegram.faults.clear()
        vip.stage.stage.discord.faults.clear()

        def there() -> list[str]:
            return re.findall(r"question (\d+)\.", vip.stage.texts(account))

        def here() -> list[str]:
            return re.findall(r"answer (\d+)\.", "\n".join(map(said, thread.messages)))

        wanted = [f"{number}" for number in range(ROUNDS)]
        with trio.move_on_after(150):
            await vip.until(lambda: set(there()) == set(here()) == set(wanted), within=150)
        await trio.sleep(1)
        assert (there(), here()) == (wanted, wanted), chaos.done
