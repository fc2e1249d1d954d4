"""The main story: a server is set up, members register, a code appears, is posted, redeemed, and told of."""

from pathlib import Path

from actors.giftcodes.model import Outcome, Redemption
from tests.worlds.discord_process import open_stage, said


async def test_a_code_is_announced_redeemed_and_told_of(tmp_path: Path) -> None:
    async with open_stage(tmp_path, players=3) as stage:
        server = stage.add_server("Snow")
        ann, ben = server.member("Ann"), server.member("Ben")
        async with stage.host.perkd() as process:
            await stage.until_connected()
            answer = await server.admin.slash(server.channel, "manage giftcode setchannel")
            assert f"posted to <#{server.channel.id}>" in said(answer)
            answer = await ann.slash(server.channel, "register", fid="1001", state="9")
            assert "state" in said(answer), said(answer)
            assert "✅" not in said(answer)
            answer = await ann.slash(
                server.channel, "register", fid="1001", state="7", name="Frosty", mention=True
            )
            assert "✅ Registered" in said(answer)

            stage.list_code("SNOW")
            await stage.until_shown(server.channel, "SNOW", "1/1", "1 redeemed")
            answer = await ben.slash(server.channel, "register", fid="1002", state="7")
            assert "✅ Registered" in said(answer)
            message = await stage.until_shown(server.channel, "SNOW", "2/2", "2 redeemed")
            mention = await stage.until(lambda: [one for one in server.channel.messages if one.pinged])
            assert [one.pinged for one in mention] == [{ann.id}]
            assert len(server.channel.messages) == 2

            history = await ann.slash(server.channel, "history", code="SNOW")
            assert "Frosty" in said(history)
            assert "redeemed" in said(history)
            status = await server.admin.slash(server.channel, "perkd status")
            assert "`SNOW`: 2 of 2 have it" in said(status)
            document = await stage.host.until_settled()
            assert document["health"] == "healthy", document["problems"]
            assert document["discord"]["state"] == "connected"
            assert document["discord"]["guilds"] == 1
            assert document["giftcodes"]["redeemed"] == 2
            assert message.edits >= 1
            assert await stage.host.stop(process) == 0
        assert "Traceback" not in stage.host.log_text()
        assert {one.outcome for one in stage.host.find(Redemption)} == {Outcome.REDEEMED}
