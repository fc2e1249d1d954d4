"""The intents that VIP threads need: asked for where they are on, missed in words where they are off."""

import logging
from typing import Any

import hikari
import pytest
from hikari import ApplicationFlags, Intents

from daemon.discord.intents import ALWAYS, intents_for, switched_off
from daemon.discord.status import set_up_problems
from tests.daemon.discord.conftest import open_actor

MEMBERS = ApplicationFlags.VERIFIED_FOR_GUILD_MEMBERS_INTENT
BOTH = MEMBERS | ApplicationFlags.MESSAGE_CONTENT_INTENT


def test_without_vip_threads_nothing_more_is_asked_for_or_missed() -> None:
    assert intents_for(BOTH) == ALWAYS | Intents.MESSAGE_CONTENT
    assert intents_for(MEMBERS) == ALWAYS
    assert switched_off(ALWAYS) == ("Message Content",)


def test_with_vip_threads_members_are_watched_where_the_portal_allows_it() -> None:
    assert intents_for(BOTH, vip=True) == ALWAYS | Intents.MESSAGE_CONTENT | Intents.GUILD_MEMBERS
    assert intents_for(MEMBERS, vip=True) == ALWAYS | Intents.GUILD_MEMBERS
    assert switched_off(ALWAYS, vip=True) == ("Message Content", "Server Members")


async def test_a_bot_without_them_connects_and_says_what_that_means(
    discord: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "perkd.discord")
    discord.intents_allowed(message_content=False, members=False)
    async with open_actor(discord, vip=True) as running:
        numbers = await running.until_state("connected")
    assert numbers.switched_off == ("Message Content", "Server Members")
    (problem,) = set_up_problems(numbers, [], [])
    assert "nothing that is written in them is relayed" in problem
    assert "Server Members Intent is off: that a VIP thread's member leaves" in caplog.text
    assert "nothing that is written in VIP threads is relayed, until it is on" in caplog.text


async def test_a_bot_with_them_has_them(discord: Any) -> None:
    async with open_actor(discord, vip=True) as running:
        numbers = await running.until_state("connected")
        assert list(set_up_problems(numbers, [], [])) == []
        intents = running.link.connection().bot.intents
    assert numbers.switched_off == ()
    assert hikari.Intents.GUILD_MEMBERS in intents
