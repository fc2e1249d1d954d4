"""Codes read from a watched channel by the whole daemon."""

from pathlib import Path

from daemon.simulator import SimCode, SimPlayer
from tests.worlds.discord_process import open_stage, said

PLAYER = SimPlayer("2001", kid="7", name="Frosty")


async def test_a_code_in_a_watched_channel_is_recorded_announced_and_redeemed(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server()
        news = server.guild.add_channel("news", announcement=True)
        stage.set_up(server.record(), server.registration("2001"), players=[PLAYER])
        stage.world.games["wos"].add_code(*map(SimCode, ("FROST1", "FROST2", "FROST3", "FROST4")))
        async with stage.host.perkd() as process:
            await stage.until_connected()
            answer = await server.admin.slash(
                server.channel, "manage giftcode watch", channel=news, game="wos"
            )
            assert "are read from" in said(answer), said(answer)
            heard = await server.admin.say(news, "Two gifts! Code: FROST1")
            await stage.until(lambda: heard.reactions)
            assert heard.reactions == ["✅"]
            await stage.until_shown(server.channel, "FROST1", "1/1")
            # As it comes from a channel that is followed: by a webhook, in an embed.
            embed = {"type": "rich", "title": "Gift", "description": "Code: FROST2"}
            followed = news.add_message(
                stage.discord.add_user("Whiteout #news", bot=True),
                {"content": "", "embeds": [embed], "flags": 2},
                webhook_id="1573737315799400999",
            )
            await stage.until(lambda: followed.reactions)
            await stage.until_shown(server.channel, "FROST2", "1/1")
            again = await server.admin.say(news, "Code: FROST1")
            await stage.until(lambda: again.reactions == ["☑️"])
            chat = await server.admin.say(news, "thanks for that")
            # perkd is down while the next ones are said.
            assert await stage.host.stop(process) == 0
        missed = [await server.admin.say(news, f"Code: FROST{number}") for number in (3, 4)]
        async with stage.host.perkd() as process:
            await stage.until(lambda: all(one.reactions for one in missed))
            for code in ("FROST3", "FROST4"):
                await stage.until_shown(server.channel, code, "1/1")
            await stage.host.until_settled(4)
            assert await stage.host.stop(process) == 0
        assert not chat.reactions
        assert [one.reactions for one in (heard, followed, *missed)] == [["✅"]] * 4
        assert len(server.channel.messages) == 4
        assert len(news.messages) == 6
        assert "Traceback" not in stage.host.log_text()


async def test_perkds_own_announcements_are_not_read_as_codes(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server()
        stage.set_up(server.record())
        async with stage.host.perkd() as process:
            await stage.until_connected()
            await server.admin.slash(server.channel, "manage giftcode watch", game="wos")
            stage.list_code("SNOW")
            own = await stage.until_shown(server.channel, "SNOW")
            marker = await server.admin.say(server.channel, "Code: FROST")
            await stage.until(lambda: marker.reactions)
            document = await stage.host.until(lambda seen: seen["giftcodes"]["codes"] == 2)
            assert document["giftcodes"]["codes_known"] == 2
            assert await stage.host.stop(process) == 0
        assert not own.reactions
