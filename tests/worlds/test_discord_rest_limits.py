"""The stand-in's rate limits, and that hikari keeps to them without one 429 from a bucket it knows."""

import asyncio
import time

import hikari
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds.discord import open_discord
from tests.worlds.discord.rate_limits import Bucket, RateLimits, Rule
from tests.worlds.discord_rest import open_rest

MESSAGES = ("POST", "/channels/{channel}/messages")


async def post_many(rest, channels: list[str], each: int) -> None:
    """All at once."""
    await asyncio.gather(*(rest.create_message(int(c), f"{n}") for n in range(each) for c in channels))


@pytest.mark.parametrize("sliding", [False, True])
async def test_hikari_waits_for_a_bucket_without_one_429(sliding):
    async with open_discord() as discord, open_rest(discord) as ask:
        discord.limits.rules[MESSAGES] = Rule(5, 2.0, sliding)
        channel = discord.add_guild("Snow").add_channel("codes")
        began = time.monotonic()
        await ask(lambda rest: post_many(rest, [channel.id], 7))
        assert len(channel.messages) == 7
        assert time.monotonic() - began >= (0.7 if sliding else 1.9)
        assert set(discord.asked("POST", "/channels/*/messages")) == {200}
        assert discord.limits.refusals == 0


async def test_channels_have_buckets_of_their_own():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channels = [guild.add_channel(f"codes-{n}") for n in range(8)]
        began = time.monotonic()
        for channel in channels:  # hikari sends all to channels it does not know through one bucket
            await ask(lambda rest, c=channel: rest.create_message(int(c.id), "first"))
        await ask(lambda rest: post_many(rest, [channel.id for channel in channels], 4))
        assert time.monotonic() - began < 15  # in one bucket they would take 35 s
        assert [len(channel.messages) for channel in channels] == [5] * 8
        assert discord.limits.refusals == 0


async def test_the_global_limit_is_told_as_global_and_hikari_comes_again():
    async with open_discord() as discord, open_rest(discord) as ask:
        discord.limits.per_second = 2
        guild = discord.add_guild("Snow")
        channels = [guild.add_channel(f"codes-{n}") for n in range(5)]
        for channel in channels:
            await ask(lambda rest, c=channel: rest.create_message(int(c.id), "x"))
        assert [len(channel.messages) for channel in channels] == [1] * 5
        assert discord.limits.refusals > 0
        assert set(discord.asked("POST", "/channels/*/messages")) == {200, 429}


async def test_a_429_says_how_long_to_wait_in_its_headers_and_its_json():
    async with open_discord() as discord, httpx.AsyncClient(timeout=60) as client:
        discord.limits.rules[MESSAGES] = Rule(1, 60.0)
        channel = discord.add_guild("Snow").add_channel("codes")
        url = f"{discord.rest_url}/channels/{channel.id}/messages"
        headers = {"authorization": f"Bot {discord.token}"}
        first = await client.post(url, headers=headers, json={"content": "x"})
        second = await client.post(url, headers=headers, json={"content": "x"})
        assert (first.status_code, second.status_code) == (200, 429)
        assert first.headers["x-ratelimit-limit"] == "1"
        assert first.headers["x-ratelimit-remaining"] == second.headers["x-ratelimit-remaining"] == "0"
        assert first.headers["x-ratelimit-bucket"] == second.headers["x-ratelimit-bucket"]
        assert second.headers["x-ratelimit-scope"] == "user"
        assert second.json()["global"] is False
        assert 30 < second.json()["retry_after"] <= 60
        assert float(second.headers["x-ratelimit-reset"]) > time.time() + 30
        assert len(channel.messages) == 1


async def test_a_refused_request_counts_and_a_callback_of_an_interaction_does_not():
    async with open_discord() as discord, httpx.AsyncClient(timeout=60) as client:
        discord.limits.per_second, discord.limits.second = 2, 60.0
        discord.add_guild("Snow")
        headers = {"authorization": f"Bot {discord.token}"}
        for _ in range(3):
            await client.post(f"{discord.rest_url}/interactions/1/token/callback", json={"type": 4})
            await client.get(f"{discord.rest_url}/guilds/1", headers=headers)
        assert [status for *_, status in discord.requests] == [404, 404, 404, 404, 404, 429]


async def test_a_429_that_a_test_ordered_is_waited_for():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        discord.faults.answer("POST", "/channels/*/messages", status=429, retry_after=0.3)
        began = time.monotonic()
        await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert time.monotonic() - began >= 0.3
        assert discord.asked("POST", "/channels/*/messages") == [429, 200]


async def test_a_global_429_that_a_test_ordered_holds_up_other_routes_as_well():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        await ask(lambda rest: rest.fetch_channel(int(channel.id)))
        discord.faults.answer("GET", "/users/@me", status=429, retry_after=0.4, global_=True)
        began = time.monotonic()

        async def both(rest: hikari.api.RESTClient) -> None:
            await rest.fetch_my_user()
            await rest.fetch_channel(int(channel.id))

        await ask(both)
        assert time.monotonic() - began >= 0.4
        assert discord.asked("GET", "/users/@me") == [429, 200]


STEPS = st.lists(st.floats(0, 3, allow_subnormal=False), min_size=1, max_size=60)


@given(steps=STEPS, limit=st.integers(1, 8), per=st.floats(0.5, 10), sliding=st.booleans())
def test_no_span_lets_more_than_twice_the_limit_pass_and_a_quiet_one_frees_the_bucket(
    steps, limit, per, sliding
):
    bucket, now, passed = Bucket(Rule(limit, per, sliding)), 1000.0, []
    for step in steps:
        now += step
        if bucket.take(now):
            passed.append(now)
        else:
            assert bucket.wait(now) > 0
            now += bucket.wait(now) + 1e-6
            assert bucket.take(now)
            passed.append(now)
        assert 0 <= bucket.used <= limit
    for start in passed:
        assert len([at for at in passed if start <= at < start + per * 0.999]) < 2 * limit
    assert bucket.take(now + per + 1e-6)


def test_limits_can_be_switched_off():
    limits = RateLimits(enabled=False)
    assert all(limits.take(*MESSAGES, "1").passed for _ in range(200))
