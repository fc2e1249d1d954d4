"""Channels and messages that somebody deletes, buttons that outlive perkd, interactions that do not."""

from pathlib import Path
from typing import Any

import trio

from actors.giftcodes.model import Outcome, Redemption, Registration
from daemon.simulator import Fault, SimPlayer
from tests.worlds.discord_process import Stage, open_stage, said

PLAYER = SimPlayer("2001", kid="7", name="Frosty")


async def test_who_set_up_a_channel_that_is_gone_is_told_and_status_and_show_say_so(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server()
        elsewhere = server.guild.add_channel("talk")
        async with stage.host.perkd() as process:
            await stage.until_connected()
            await server.admin.slash(server.channel, "manage giftcode setchannel")
            server.channel.delete()
            stage.list_code("SNOW")
            (message,) = await stage.until(lambda: stage.discord.direct_messages(server.admin))
            assert f"<#{server.channel.id}> of Snow ({server.id}) was deleted" in said(message)
            assert "Snow" in said(message)
            document = await stage.host.until(lambda seen: seen["discord"]["channel_troubles"])
            assert document["health"] == "degraded"
            assert any(server.channel.id in problem for problem in document["problems"])
            shown = await stage.host.command("status", check=False)
            assert server.channel.id in shown.stdout.decode()
            answer = await server.admin.slash(elsewhere, "manage giftcode show")
            assert f"⚠️ <#{server.channel.id}>" in said(answer)
            assert "was deleted" in said(answer)
            # The way out that it names. Nobody can choose a deleted channel, so it goes by itself.
            answer = await server.admin.slash(elsewhere, "manage giftcode setchannel")
            assert "1 channel that was deleted is taken out of the settings" in said(answer)
            answer = await server.admin.slash(elsewhere, "manage giftcode show")
            assert server.channel.id not in said(answer)
            document = await stage.host.until(lambda seen: not seen["discord"]["channel_troubles"])
            assert document["health"] == "healthy", document["problems"]
            stage.list_code("FROST")
            await stage.until_shown(elsewhere, "FROST")
            assert len(stage.discord.direct_messages(server.admin)) == 1
            assert await stage.host.stop(process) == 0
        assert "Traceback" not in stage.host.log_text()


async def test_a_deleted_channel_can_be_taken_out_without_another_one(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server()
        elsewhere = server.guild.add_channel("talk")
        stage.set_up(server.record())
        async with stage.host.perkd() as process:
            await stage.until_connected()
            server.channel.delete()
            stage.list_code("SNOW")
            await stage.host.until(lambda seen: seen["discord"]["channel_troubles"])
            answer = await server.admin.slash(elsewhere, "manage giftcode removechannel")
            assert "1 channel that was deleted is taken out of the settings" in said(answer)
            await stage.host.until(lambda seen: not seen["discord"]["channel_troubles"])
            answer = await server.admin.slash(elsewhere, "manage giftcode removechannel")
            assert "no codes are posted to that channel" in said(answer)
            assert await stage.host.stop(process) == 0


async def test_a_permission_that_is_taken_away_is_named_and_the_code_posted_once_it_is_back(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path) as stage:
        server = stage.add_server()
        async with stage.host.perkd() as process:
            await stage.until_connected()
            await server.admin.slash(server.channel, "manage giftcode setchannel")
            server.channel.deny("SEND_MESSAGES")
            stage.list_code("SNOW")
            (message,) = await stage.until(lambda: stage.discord.direct_messages(server.admin))
            assert "Send Messages" in said(message)
            server.channel.deny()
            await stage.until_shown(server.channel, "SNOW")
            await stage.host.until(lambda seen: not seen["discord"]["channel_troubles"])
            assert await stage.host.stop(process) == 0
        assert len(server.channel.messages) == 1


async def test_a_deleted_message_is_made_anew_once(tmp_path: Path) -> None:
    async with open_stage(tmp_path, players=3, codes=["SNOW"]) as stage:
        server = stage.add_server()
        ann = server.member("Ann")
        stage.set_up(server.record())
        async with stage.host.perkd() as process:
            first = await stage.until_shown(server.channel, "SNOW")
            await stage.until_connected()
            first.delete()
            await ann.slash(server.channel, "register", fid="1001", state="7")
            second = await stage.until_shown(server.channel, "SNOW", "1/1")
            assert second is not first
            second.delete()
            before = stage.discord.asked("PATCH", "/channels/*/messages/*").count(404)
            await ann.slash(server.channel, "register", fid="1002", state="7")
            await stage.until(
                lambda: stage.discord.asked("PATCH", "/channels/*/messages/*").count(404) > before
            )
            stage.list_code("FROST")
            await stage.until_shown(server.channel, "FROST", "2/2")
            assert await stage.host.stop(process) == 0
        assert not stage.about(server.channel, "SNOW")
        assert len(server.channel.messages) == 1


async def test_the_buttons_of_a_message_work_after_a_restart(tmp_path: Path) -> None:
    async with open_stage(tmp_path, players=2, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.set_up(server.record(auto_redeem=False))
        async with stage.host.perkd() as process:
            message = await stage.until_shown(server.channel, "SNOW")
            assert await stage.host.stop(process) == 0
        async with stage.host.perkd() as process:
            await stage.until_connected()
            ann = server.member("Ann")
            nobody = await ann.press(message, "Redeem for me")
            assert "no player" in said(nobody)
            form = await ann.press(message, "Register")
            registered = await ann.submit(form, fid="1001", state="7")
            assert "✅ Registered" in said(registered)
            asked = await ann.press(message, "Redeem for me")
            assert "on its way" in said(asked)
            await stage.until_shown(server.channel, "SNOW", "1 redeemed")
            assert await stage.host.stop(process) == 0
        (record,) = stage.host.find(Redemption)
        assert (record.fid, record.outcome) == ("1001", Outcome.REDEEMED)
        assert len(server.channel.messages) == 1


async def _quietly(action: Any, *words: Any, **options: Any) -> None:
    """What a member asks for and gets no answer to."""
    with trio.move_on_after(5):
        await action(*words, **options)


async def test_an_interaction_whose_token_has_expired_is_done_all_the_same(tmp_path: Path) -> None:
    async with open_stage(tmp_path, players=1) as stage:
        server = stage.add_server()
        ann = server.member("Ann")
        stage.set_up(server.record())
        async with stage.host.perkd() as process:
            await stage.until_connected()
            stage.world.order(Fault(game="wos", delay=1.0))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(
                    lambda: _quietly(ann.slash, server.channel, "register", fid="1001", state="7")
                )
                await stage.until(lambda: stage.world.stats.in_flight)
                stage.discord.later(1000)
                await stage.host.until_logged("got no answer")
                nursery.cancel_scope.cancel()
            assert await stage.host.stop(process) == 0
        assert [one.fid for one in stage.host.find(Registration)] == ["1001"]
        _assert_nothing_secret_in_the_log(stage)


def _assert_nothing_secret_in_the_log(stage: Stage) -> None:
    text = stage.host.log_text()
    assert "Traceback" not in text
    assert stage.discord.token not in text
    assert not [token for token in stage.discord.interactions.by_token if token in text]
