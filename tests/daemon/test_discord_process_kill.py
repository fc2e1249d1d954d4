"""kill -9 of the whole daemon: each channel gets one message per code, and everybody is redeemed once."""

import random
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from actors.giftcodes.model import Outcome, Post, PostKind, Redemption
from daemon.simulator import Latency, SimPlayer
from tests.worlds.discord_process import Stage, open_stage

MESSAGES = "/channels/*/messages"
KILLS = 20
CODES = ("SNOW", "FROST", "WINTER", "GIFT2026")


async def _killed_when_the_message_is_there(stage: Stage) -> None:
    held = stage.discord.faults.hang("POST", MESSAGES, done=True)
    async with stage.host.perkd() as process:
        with trio.fail_after(90):
            await held.reached.wait()
        process.kill()
        await process.wait()
    stage.discord.faults.clear()


async def test_a_kill_between_the_post_and_its_record_makes_no_second_message(tmp_path: Path) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.set_up(server.record())
        await _killed_when_the_message_is_there(stage)
        (intent,) = stage.host.find(Post, guild=server.id)
        assert intent.at is None
        assert len(server.channel.messages) == 1
        async with stage.host.perkd() as process:
            await stage.until(lambda: stage.posts() == 2)
            await stage.host.until_settled()
            assert await stage.host.stop(process) == 0
        (message,) = server.channel.messages
        (post,) = stage.host.find(Post, guild=server.id)
        assert (post.message, post.nonce) == (message.id, intent.nonce)


async def test_ten_minutes_later_the_message_is_found_in_the_channels_history(tmp_path: Path) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.set_up(server.record())
        await _killed_when_the_message_is_there(stage)
        # Ten minutes go by: Discord has forgotten the nonce, and perkd's intent is old.
        stage.discord.later(600)
        (intent,) = stage.host.find(Post, guild=server.id)
        stage.host.commit([attrs.evolve(intent, intended_at=intent.intended_at - 600)])
        await server.admin.say(server.channel, "something else in between")
        async with stage.host.perkd() as process:
            await stage.host.until_logged("it had been posted")
            assert await stage.host.stop(process) == 0
        assert len(stage.about(server.channel, "SNOW")) == 1
        (post,) = stage.host.find(Post, guild=server.id)
        assert post.message == server.channel.messages[0].id
        assert stage.posts() == 1  # that of the life that was killed


async def test_a_kill_before_the_post_has_arrived_loses_nothing(tmp_path: Path) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.set_up(server.record())
        held = stage.discord.faults.hang("POST", MESSAGES)
        async with stage.host.perkd() as process:
            with trio.fail_after(90):
                await held.reached.wait()
            process.kill()
            await process.wait()
        stage.discord.faults.clear()
        async with stage.host.perkd() as process:
            await stage.host.until_logged(f"Posted 1 new codes to guild {server.id}")
            assert await stage.host.stop(process) == 0
        assert len(server.channel.messages) == 1


async def test_a_lost_reply_makes_no_second_message(tmp_path: Path) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.set_up(server.record())
        stage.discord.faults.drop_reply("POST", MESSAGES)
        async with stage.host.perkd() as process:
            await stage.host.until_logged("Posted 1 new codes to guild")  # by its record, after a repetition
            assert await stage.host.stop(process) == 0
        (message,) = server.channel.messages
        (post,) = stage.host.find(Post, guild=server.id)
        assert post.message == message.id
        assert "Traceback" not in stage.host.log_text()


def _progress(stage: Stage) -> int:
    return stage.world.stats.game("wos").requests + len(stage.discord.requests)


async def _until_some_more(stage: Stage, chance: random.Random) -> None:
    """A random moment: some requests later, or a little after the start if nothing is left to do."""
    wanted = _progress(stage) + chance.randint(1, 25)
    with trio.move_on_after(2.0 + chance.random()):
        while _progress(stage) < wanted:  # noqa: ASYNC110 - another process makes the requests
            await trio.sleep(0.002)


@pytest.mark.slow
async def test_twenty_kills_at_random_moments_of_a_campaign_in_three_channels(tmp_path: Path) -> None:
    chance = random.Random(11)
    async with open_stage(tmp_path) as stage:
        stage.world.latency = Latency(0.01, 0.05)
        servers = [stage.add_server(name) for name in ("Snow", "Frost", "Ice")]
        people = [SimPlayer(str(2000 + number), kid="7", name=f"P{number}") for number in range(24)]
        registered = [servers[n % 3].registration(one.fid, mention=n < 3) for n, one in enumerate(people)]
        stage.set_up(*(server.record() for server in servers), *registered, players=people)
        for kill in range(KILLS):
            if kill % 5 == 0:
                stage.list_code(CODES[kill // 5])
            async with stage.host.perkd() as process:
                await _until_some_more(stage, chance)
                process.kill()
                await process.wait()
        async with stage.host.perkd() as process:
            await stage.host.until_settled(len(CODES), within=150)
            for server in servers:
                for code in CODES:
                    await stage.until_shown(server.channel, code, "8/8", within=150)
                await stage.until(lambda server=server: len(_mentions(server.channel)) >= len(CODES))
            assert await stage.host.stop(process) == 0
        _assert_each_once(stage, [server.channel for server in servers], len(people))
        assert [len(_mentions(server.channel)) for server in servers] == [len(CODES)] * 3


def _mentions(channel: Any) -> list[Any]:
    return [message for message in channel.messages if message.pinged]


def _assert_each_once(stage: Stage, channels: list[object], players: int) -> None:
    counts = {(code, n): len(stage.about(one, code)) for code in CODES for n, one in enumerate(channels)}
    assert set(counts.values()) == {1}, counts
    records = stage.host.find(Redemption)
    assert len(records) == players * len(CODES)
    assert {one.outcome for one in records} <= {Outcome.REDEEMED, Outcome.ALREADY}
    assert stage.world.stats.game("wos").double_redemptions == 0
    posts = stage.host.find(Post)
    assert len({one.key for one in posts}) == len(posts)
    # A mention may have been on its way when perkd was stopped; it is counted where it was sent to.
    assert all(one.at is not None for one in posts if one.kind is PostKind.CODE)
