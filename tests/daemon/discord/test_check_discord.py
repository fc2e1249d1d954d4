"""`perkd check`, the part about Discord: the real library, a stand-in that says what Discord says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from actors.giftcodes.model import Channel, Guild, Record, Watched
from actors.ports import Put
from daemon.config import Config, DiscordConfig, PerkdConfig, VipConfig
from daemon.discord.examination import examine_discord
from daemon.finding import Finding
from daemon.secrets import Secret
from daemon.storage import SQLiteBackend
from daemon.storing import database


@pytest.fixture
def config(discord: Any, tmp_path: Path) -> Config:
    return Config(PerkdConfig(data_dir=tmp_path / "var"), discord=DiscordConfig(rest_url=discord.rest_url))


def keep(config: Config, *records: Record) -> None:
    backend = SQLiteBackend(database(config))
    backend.open()
    backend.commit([Put(record) for record in records])
    backend.close()


async def findings(config: Config, discord: Any, token: str | None = None) -> Sequence[Finding]:
    return await examine_discord(config, Secret(token or discord.token))


def about(found: Sequence[Finding], what: str) -> list[tuple[bool, str]]:
    return [(one.well, one.text) for one in found if one.what == what]


async def test_a_bot_that_is_in_a_server_and_asked_for_nothing_more_is_well(
    config: Config, discord: Any
) -> None:
    found = await findings(config, discord)
    assert all(one.well for one in found), found
    assert about(found, "Discord servers") == [(True, "1: Snow")]
    assert about(found, "Discord intents") == [(True, "Message Content is on")]
    assert not discord.gateway.identifies  # the bot was not connected for it


async def test_a_wrong_token_is_told_with_the_place_of_the_right_one_and_never_shown(
    config: Config, discord: Any
) -> None:
    wrong = f"{discord.token[:-3]}abc"
    (finding,) = await findings(config, discord, wrong)
    assert (finding.well, finding.text) == (False, "the token in DISCORD_TOKEN is wrong")
    assert "Reset Token" in finding.way_out
    assert wrong not in f"{finding}"


async def test_what_is_no_token_at_all_is_no_crash(config: Config, discord: Any) -> None:
    (finding,) = await findings(config, discord, "hunter2")
    assert not finding.well
    assert "hunter2" not in f"{finding}"


async def test_a_bot_in_no_server_is_told_how_to_invite_it(config: Config, discord: Any) -> None:
    for guild in list(discord.guilds.values()):
        guild.remove_bot()
    found = await findings(config, discord)
    (servers,) = [one for one in found if one.what == "Discord servers"]
    assert not servers.well
    assert f"client_id={discord.application_id}&scope=bot+applications.commands" in servers.way_out


async def test_a_missing_intent_is_a_fault_only_where_it_is_needed(config: Config, discord: Any) -> None:
    discord.intents_allowed(message_content=False, members=False)
    found = await findings(config, discord)
    assert about(found, "Discord intents") == [(True, "Message Content is off, and not needed")]
    (guild,) = discord.guilds.values()
    news = guild.add_channel("news")
    keep(config, Guild(guild.id, "Snow", watched=(Watched(news.id, "wos", 0.0),)))
    found = await findings(config, discord)
    assert about(found, "Discord intents") == [
        (False, "Message Content is off, which is needed: codes are read from a channel")
    ]
    vip = evolve(config, vip=VipConfig(enabled=True))
    texts = [text for well, text in about(await findings(vip, discord), "Discord intents") if not well]
    assert len(texts) == 2


async def test_each_channel_that_is_set_up_is_looked_at_and_what_lacks_is_named(
    config: Config, discord: Any
) -> None:
    (guild,) = discord.guilds.values()
    good = guild.add_channel("codes")
    mute = guild.add_channel("mute", deny=("SEND_MESSAGES", "EMBED_LINKS"))
    hidden = guild.add_channel("hidden", deny=("VIEW_CHANNEL",))
    gone = guild.add_channel("gone")
    gone.delete()
    watched = guild.add_channel("news", deny=("ADD_REACTIONS",))
    channels = tuple(Channel(one.id, 0.0) for one in (good, mute, hidden, gone))
    keep(config, Guild(guild.id, "Snow", channels=channels, watched=(Watched(watched.id, "wos", 0.0),)))
    found = await findings(config, discord)
    assert about(found, "channel #codes") == [(True, "(codes of Snow) the bot may do what is needed")]
    assert about(found, "channel #mute") == [
        (False, "(codes of Snow) the bot lacks Send Messages, Embed Links")
    ]
    assert about(found, "channel #news") == [(False, "(watched by Snow) the bot lacks Add Reactions")]
    for channel in (hidden, gone):
        ((well, text),) = about(found, f"channel {channel.id}") or about(found, "channel #hidden")
        assert not well
        assert "hidden from the bot" in text or "the bot lacks View Channel" in text


async def test_a_server_that_was_left_is_named_where_it_has_channels(config: Config, discord: Any) -> None:
    keep(
        config,
        Guild("123456789012345678", "Old", channels=(Channel("1", 0.0),)),
        Guild("terminal", "Terminal"),
    )
    found = await findings(config, discord)
    assert (False, "the bot is not in Old any more, which has channels set up") in about(
        found, "Discord servers"
    )


async def test_the_channel_for_captchas_needs_to_take_files(config: Config, discord: Any) -> None:
    (guild,) = discord.guilds.values()
    captchas = guild.add_channel("captchas", deny=("ATTACH_FILES",))
    configured = evolve(config, discord=evolve(config.discord, captcha_channel=int(captchas.id)))
    found = await findings(configured, discord)
    assert about(found, "channel #captchas") == [(False, "(captchas) the bot lacks Attach Files")]


async def test_a_discord_that_can_not_be_reached_is_told_in_a_few_words(config: Config, discord: Any) -> None:
    nowhere = evolve(config, discord=evolve(config.discord, rest_url="http://127.0.0.1:9/api/v10"))
    (finding,) = await findings(nowhere, discord)
    assert not finding.well
    assert finding.text.startswith("can't be reached")
    discord.faults.answer("GET", "/users/@me", status=503, times=99)
    (finding,) = await findings(config, discord)
    assert (finding.well, finding.text) == (False, "answered HTTP 503")


async def test_two_hundred_servers_are_all_seen(config: Config, discord: Any) -> None:
    for number in range(250):
        discord.add_guild(f"G{number}")
    ((well, text),) = about(await findings(config, discord), "Discord servers")
    assert well
    assert text.startswith("251: ")
