"""A hundred servers, a thousand codes: within Discord's limits, in order, and in time."""

import time
from pathlib import Path

import pytest

from actors.giftcodes.model import Code, CodeState
from daemon.simulator import SimPlayer
from tests.worlds.discord_process import Stage, open_stage, said

SERVERS = 100


def _too_many(stage: Stage) -> list[tuple[str, str]]:
    return [(method, path) for method, path, status in stage.discord.requests if status == 429]


async def test_a_code_reaches_a_hundred_servers_in_order_of_priority_without_one_429(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        servers = [stage.add_server(f"S{number}") for number in range(SERVERS)]
        records = [one.record(priority=number * 37 % SERVERS) for number, one in enumerate(servers)]
        stage.set_up(*records)
        async with stage.host.perkd() as process:
            await stage.until_connected()
            began = time.monotonic()
            stage.list_code("SNOW")
            await stage.until(lambda: stage.posts() >= SERVERS, within=60)
            took = time.monotonic() - began
            await stage.host.until(
                lambda seen: seen["giftcodes"]["codes"] == 1 and seen["health"] == "healthy"
            )
            assert await stage.host.stop(process) == 0
        assert [len(one.channel.messages) for one in servers] == [1] * SERVERS
        assert not _too_many(stage)
        assert stage.discord.limits.refusals == 0
        assert took < 40
        priority = {one.channel.id: record.priority for one, record in zip(servers, records, strict=True)}
        order = [
            priority[path.split("/")[2]]
            for method, path, _ in stage.discord.requests
            if method == "POST" and path.endswith("/messages")
        ]
        # Eight are on their way at the same time: who answers first of those is not ours to say.
        assert all(abs(place - (SERVERS - 1 - number)) <= 8 for place, number in enumerate(order))


@pytest.mark.slow
async def test_the_progress_of_a_hundred_servers_is_shown_without_one_429(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        servers = [stage.add_server(f"S{number}") for number in range(SERVERS)]
        players = [SimPlayer(str(5000 + number), kid="7") for number in range(3 * SERVERS)]
        registered = [
            servers[number % SERVERS].registration(player.fid, mention=number < SERVERS)
            for number, player in enumerate(players)
        ]
        stage.set_up(*(one.record() for one in servers), *registered, players=players)
        async with stage.host.perkd() as process:
            await stage.until_connected()
            stage.list_code("SNOW")
            await stage.host.until(lambda seen: seen["giftcodes"]["redeemed"] == len(players), within=60)
            for server in servers:
                await stage.until_shown(server.channel, "SNOW", "3/3", within=60)
            await stage.until(lambda: all(len(one.channel.messages) == 2 for one in servers))
            assert await stage.host.stop(process) == 0
        pinged = [message.pinged for one in servers for message in one.channel.messages[1:]]
        assert pinged == [{one.admin.id} for one in servers]
        assert not _too_many(stage)


async def test_many_codes_for_one_channel_keep_to_its_rate_limit(tmp_path: Path) -> None:
    codes = [f"CODE{number}" for number in range(12)]
    async with open_stage(tmp_path, codes=codes) as stage:
        server = stage.add_server()
        stage.set_up(server.record())
        async with stage.host.perkd() as process:
            await stage.until(lambda: stage.posts() >= len(codes))
            assert await stage.host.stop(process) == 0
        assert [len(stage.about(server.channel, code)) for code in codes] == [1] * len(codes)
        assert not _too_many(stage)


async def test_a_thousand_codes_are_listed_suggested_and_no_hindrance(tmp_path: Path) -> None:
    async with open_stage(tmp_path, players=1) as stage:
        server = stage.add_server()
        ended = [
            Code("wos", f"Old{number}", CodeState.EXPIRED, "feed", first_seen=float(number), ended_at=9.0)
            for number in range(800)
        ]
        live = [
            Code("wos", f"Live{number}", source="feed", first_seen=1000.0 + number) for number in range(200)
        ]
        stage.world.games["wos"].limit = 1  # nobody is to be redeemed for here
        stage.set_up(server.record(since=time.time()), *ended, *live)
        ann = server.member("Ann")
        began = time.monotonic()
        async with stage.host.perkd() as process:
            await stage.until_connected()
            assert time.monotonic() - began < 30
            listed = await ann.slash(server.channel, "codes list")
            assert "1000 codes, 200 live" in said(listed)
            assert "Live199" in said(listed)
            assert len(listed.files) == 1
            live_ones = await ann.autocomplete(server.channel, "redeem", "code", "live19")
            assert len(live_ones) == 11  # Live19, Live190 to Live199
            assert len(await ann.autocomplete(server.channel, "history", "code", "")) == 25
            of_all = await ann.autocomplete(server.channel, "history", "code", "Old799")
            assert [value for _, value in of_all] == ["Old799"]
            first = [one.first_after for one in stage.discord.interactions.by_token.values()]
            assert max(first) < 3.0  # Discord's limit
            assert await stage.host.stop(process) == 0
        assert not server.channel.messages
        assert not _too_many(stage)
