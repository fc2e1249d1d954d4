"""kill -9 with VIP threads open: nothing lost, nothing twice, in order, and every account comes back."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field

from tests.worlds.discord_process import said
from tests.worlds.vip_process import VIPStage, open_vip_stage

KILLS = 12
NUMBER = re.compile(r"\b([td]\d{4})\b")


async def _until_some_more(vip: VIPStage, chance: random.Random) -> None:
    """A random moment: some requests later, or a little after the start if nothing is left to do."""

    def made() -> int:
        return len(vip.stage.discord.requests) + len(vip.telegram.log)

    wanted = made() + chance.randint(1, 60)
    with trio.move_on_after(3.0 + chance.random()):
        while made() < wanted:  # noqa: ASYNC110 - another process makes the requests
            await trio.sleep(0.002)


@define(eq=False)
class Talk:
    """A member and the desk, who number what they write."""

    vip: VIPStage
    member: Any
    thread: Any
    account: Any
    asked: list[str] = field(factory=list)
    answered: list[str] = field(factory=list)

    async def write(self) -> None:
        self.asked.append(f"t{len(self.asked):04}")
        await self.member.say(self.thread, f"question {self.asked[-1]}")
        self.answered.append(f"d{len(self.answered):04}")
        self.vip.telegram.desk.say(self.account, f"answer {self.answered[-1]}")

    def at_desk(self) -> list[str]:
        return NUMBER.findall(self.vip.texts(self.account))

    def in_thread(self) -> list[str]:
        return NUMBER.findall("\n".join(map(said, self.thread.messages)))

    def has_arrived(self) -> bool:
        return self.asked[-1] in self.at_desk() and self.answered[-1] in self.in_thread()


async def _opened(vip: VIPStage, name: str) -> Talk:
    member = vip.member(name)
    thread = await vip.open(member)
    await member.say(thread, f"it is {name}")
    return Talk(vip, member, thread, await vip.until_at_desk(f"it is {name}"))


@pytest.mark.slow
async def test_kills_at_random_moments_of_two_talks(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with open_vip_stage(tmp_path, accounts=2) as vip:
        async with vip.host.perkd() as process:
            await vip.stage.until_connected()
            await vip.until_accounts("free")
            await vip.post_panel()
            talks = [await _opened(vip, name) for name in ("Ann", "Bob")]
            process.kill()
            await process.wait()
        for kill in range(KILLS):
            for talk in talks:
                await talk.write()
            async with vip.host.perkd() as process:
                if kill % 2:
                    await vip.stage.until_connected()
                    for talk in talks:
                        await talk.write()
                await _until_some_more(vip, chance)
                process.kill()
                await process.wait()
        async with vip.host.perkd() as process:
            await vip.until(lambda: all(talk.has_arrived() for talk in talks))
            assert await vip.host.stop(process) == 0
        for talk in talks:
            assert [one for one in talk.at_desk() if one.startswith("t")] == talk.asked
            assert [one for one in talk.in_thread() if one.startswith("d")] == talk.answered
        async with vip.host.perkd() as process:
            await vip.stage.until_connected()
            for talk in talks:
                await talk.member.say(talk.thread, "!end")
            await vip.until_accounts("free")
            assert await vip.host.stop(process) == 0
        assert all(vip.texts(account) == "" for account in vip.accounts)
        assert vip.sessions() == []


@pytest.mark.slow
async def test_kills_at_random_moments_of_openings_and_endings(tmp_path: Path) -> None:
    chance = random.Random(3)
    async with open_vip_stage(tmp_path, accounts=2, more="cooldown_minutes = 0") as vip:
        people = [vip.member(f"Member {n}") for n in range(3)]
        async with vip.host.perkd() as process:
            await vip.stage.until_connected()
            await vip.post_panel()
            assert await vip.host.stop(process) == 0
        for _ in range(KILLS):
            async with vip.host.perkd() as process:
                await vip.stage.until_connected()
                async with trio.open_nursery() as nursery:
                    for one in people:
                        nursery.start_soon(_press_or_end, vip, one, chance)
                    await _until_some_more(vip, chance)
                    process.kill()
                    nursery.cancel_scope.cancel()
                await process.wait()
        async with vip.host.perkd() as process:
            await vip.stage.until_connected()
            crew = vip.member("Crew", staff=True)
            for one in people:
                await crew.say(vip.log, f"!clear_vip_session <@{one.id}>")
            await vip.until_accounts("free")
            await vip.host.until(lambda seen: seen["vip"]["sessions"] == 0)
            assert await vip.host.stop(process) == 0
        assert vip.sessions() == []
        assert set(vip.leases().values()) == {"free"}
        assert [
            thread for thread in vip.server.guild.threads() if not (thread.archived and thread.locked)
        ] == []
        assert all(vip.texts(account) == "" for account in vip.accounts)


async def _press_or_end(vip: VIPStage, member: Any, chance: random.Random) -> None:
    threads = vip.threads_of(member)
    if threads and chance.random() < 0.5:
        await member.say(threads[0], "!end")
        return
    try:
        await vip.press(member)
    except Exception as error:  # noqa: BLE001 - perkd was killed under the button
        assert type(error).__name__ in {"NoAnswer", "ConnectionClosed"}, error  # noqa: PT017 - of any kind
