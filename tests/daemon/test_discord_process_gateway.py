"""The gateway refuses, closes, or loses a server: redeeming goes on, and what is owed is posted once."""

from pathlib import Path
from typing import Any

import pytest

from actors.giftcodes.model import Guild
from daemon.simulator import SimPlayer
from tests.worlds.discord_process import OWNER, Stage, open_stage, said

PLAYER = SimPlayer("2001", kid="7", name="Frosty")


async def test_while_the_gateway_refuses_codes_are_redeemed_and_posted_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.set_up(server.record(), server.registration("2001"), players=[PLAYER])
        stage.discord.gateway.refuse(True)
        async with stage.host.perkd() as process:
            document = await stage.host.until(lambda seen: seen["giftcodes"]["redeemed"] == 1)
            assert document["discord"]["state"] in {"connecting", "away"}
            assert not server.channel.messages
            stage.discord.gateway.refuse(False)
            await stage.until_shown(server.channel, "SNOW", "1/1")
            await stage.until_connected()
            assert await stage.host.stop(process) == 0
        assert len(server.channel.messages) == 1
        assert "Traceback" not in stage.host.log_text()


async def _lose(stage: Stage, how: str) -> None:
    gateway = stage.discord.gateway
    match how:
        case "op 7":
            await gateway.op7()
        case "op 9, resumable":
            await gateway.op9(resumable=True)
        case "op 9":
            await gateway.op9(resumable=False)
        case _:
            await gateway.close(int(how))


@pytest.mark.parametrize("how", ["op 7", "op 9, resumable", "op 9", "1006", "4000"])
async def test_a_campaign_goes_on_when_the_gateway_is_lost_in_it(tmp_path: Path, how: str) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server()
        stage.set_up(server.record(), server.registration("2001"), players=[PLAYER])
        async with stage.host.perkd() as process:
            await stage.until_connected()
            gateway = stage.discord.gateway
            before = gateway.identifies + gateway.resumes
            stage.list_code("SNOW")
            await _lose(stage, how)
            await gateway.wait_until(lambda: gateway.identifies + gateway.resumes > before)
            await stage.until_shown(server.channel, "SNOW", "1/1")
            answer = await server.admin.slash(server.channel, "manage giftcode show")
            assert f"<#{server.channel.id}>" in said(answer)
            document = await stage.until_connected()
            assert document["discord"]["reconnects"] >= 1
            await stage.host.until(lambda seen: seen["health"] == "healthy")
            assert await stage.host.stop(process) == 0
        assert len(server.channel.messages) == 1
        assert "Traceback" not in stage.host.log_text()


def _no_token_in(stage: Stage, document: dict[str, Any], token: str) -> None:
    assert token not in stage.host.log_text()
    assert token not in str(document)


async def test_a_wrong_token_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.set_up(server.record(), server.registration("2001"), players=[PLAYER])
        token = stage.discord.token[:-3] + "abc"
        stage.host.env["DISCORD_TOKEN"] = token
        async with stage.host.perkd() as process:
            document = await stage.host.until(
                lambda seen: seen["giftcodes"]["redeemed"] == 1 and seen["discord"]["state"] == "away"
            )
            (problem,) = document["problems"]
            assert "token in DISCORD_TOKEN is refused by Discord (HTTP 401)" in problem
            assert "restart perkd" in problem
            assert document["health"] == "degraded"
            shown = await stage.host.command("status", check=False)
            assert shown.returncode == 1
            assert "token in DISCORD_TOKEN is refused" in shown.stdout.decode().replace("\n", " ")
            assert await stage.host.stop(process) == 0
        assert "the rest of perkd goes on" in stage.host.log_text()
        assert "Traceback" not in stage.host.log_text()
        _no_token_in(stage, document, token)
        # With the right one what was owed is posted.
        stage.host.env["DISCORD_TOKEN"] = stage.discord.token
        async with stage.host.perkd() as process:
            await stage.until_shown(server.channel, "SNOW", "1/1")
            assert await stage.host.stop(process) == 0


async def test_a_token_that_was_reset_while_perkd_runs_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server()
        stage.set_up(server.record(), server.registration("2001"), players=[PLAYER])
        async with stage.host.perkd() as process:
            await stage.until_connected()
            await stage.discord.gateway.close(4004)
            document = await stage.host.until(lambda seen: seen["discord"]["state"] == "away")
            assert "close code 4004" in document["discord"]["reason"]
            assert "DISCORD_TOKEN" in document["discord"]["reason"]
            stage.list_code("SNOW")
            document = await stage.host.until(lambda seen: seen["giftcodes"]["redeemed"] == 1)
            assert document["health"] == "degraded"
            assert await stage.host.stop(process) == 0
        assert not server.channel.messages
        assert "Traceback" not in stage.host.log_text()


async def test_a_missing_intent_is_named_and_all_but_watching_works(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server()
        stage.set_up(server.record())
        stage.discord.intents_allowed(message_content=False, members=False)
        async with stage.host.perkd() as process:
            await stage.until_connected()
            await stage.host.until(lambda seen: seen["health"] == "healthy")
            await stage.host.until_logged("Message Content Intent is off")
            await server.admin.slash(server.channel, "manage giftcode watch", game="wos")
            document = await stage.host.until(lambda seen: seen["problems"])
            assert "Message Content Intent is off" in document["problems"][0]
            stage.list_code("SNOW")
            await stage.until_shown(server.channel, "SNOW")
            assert await stage.host.stop(process) == 0


async def test_an_unavailable_server_keeps_its_settings_and_gets_each_code_once_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        stage.write_config(discord=f"owners = [{OWNER}]")
        server, other = stage.add_server("Snow"), stage.add_server("Frost")
        stage.set_up(server.record(), other.record(), server.registration("2001"), players=[PLAYER])
        server.guild.set_available(False)
        async with stage.host.perkd() as process:
            await stage.until_shown(other.channel, "SNOW")
            await stage.host.until(lambda seen: seen["giftcodes"]["redeemed"] == 1)
            await stage.host.until(lambda seen: seen["discord"]["unavailable_guilds"] == [server.id])
            assert not server.channel.messages
            server.guild.set_available(True)
            await stage.until_shown(server.channel, "SNOW", "1/1")
            # It is lost again, and a restart falls into that.
            server.guild.set_available(False)
            assert await stage.host.stop(process) == 0
        stage.list_code("FROST")
        async with stage.host.perkd() as process:
            await stage.until_shown(other.channel, "FROST")
            server.guild.set_available(True)
            await stage.until_shown(server.channel, "FROST", "1/1")
            assert await stage.host.stop(process) == 0
        assert [len(stage.about(server.channel, code)) for code in ("SNOW", "FROST")] == [1, 1]
        (kept,) = [one for one in stage.host.find(Guild) if one.id == server.id]
        assert [channel.id for channel in kept.channels] == [server.channel.id]
        assert "can't be posted to" not in stage.host.log_text()
        assert "Traceback" not in stage.host.log_text()


async def test_a_server_that_invites_the_bot_again_gets_what_it_was_owed_at_once(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server("Snow")
        stage.set_up(server.record())
        async with stage.host.perkd() as process:
            await stage.until_connected()
            server.guild.remove_bot()
            stage.list_code("SNOW")
            document = await stage.host.until(lambda seen: seen["discord"]["channel_troubles"])
            assert "invite it again" in document["discord"]["channel_troubles"][0]["reason"]
            server.guild.has_bot = True
            stage.discord.dispatch("GUILD_CREATE", server.guild.gateway_payload(), server.id)
            await stage.until_shown(server.channel, "SNOW", within=4)
            await stage.host.until(lambda seen: not seen["discord"]["channel_troubles"])
            assert await stage.host.stop(process) == 0
        assert len(server.channel.messages) == 1
        assert "Traceback" not in stage.host.log_text()


async def test_a_discord_that_is_out_of_order_at_the_start_is_tried_again(tmp_path: Path) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        server = stage.add_server("Snow")
        stage.set_up(server.record(), server.registration("2001"), players=[PLAYER])
        stage.discord.faults.answer("*", "/gateway/bot", status=503, times=2)
        stage.discord.faults.answer("PUT", "/applications/*/commands", status=503, times=1)
        async with stage.host.perkd() as process:
            document = await stage.host.until(lambda seen: seen["discord"]["state"] == "away")
            assert any("Discord is out of order (HTTP 503)" in problem for problem in document["problems"])
            await stage.until_shown(server.channel, "SNOW", "1/1")
            await stage.until_connected()
            await stage.host.until(lambda seen: seen["health"] == "healthy")
            assert await stage.host.stop(process) == 0
        assert len(server.channel.messages) == 1
        assert "Traceback" not in stage.host.log_text()
