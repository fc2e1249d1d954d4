"""VIP where perkd runs: with MongoDB beside the file, and looked over by `perkd check`."""

from pathlib import Path

from tests.worlds.mongodb.server import open_mongo
from tests.worlds.vip_daemon import running
from tests.worlds.vip_process import open_vip_stage


async def test_a_session_with_mongodb_goes_on_over_a_restart_on_an_empty_disk(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage, open_mongo() as mongo:
        stage.host.env["MONGODB_URI"] = f"{mongo.uri}perkd"
        async with running(stage) as vip:
            await vip.until_ready()
            ann, thread = await vip.opened()
            await ann.say(thread, "before")
            account = await vip.until_at_desk("before")
        (tmp_path / "var" / "perkd.sqlite3").unlink()
        stage.telegram.desk.say(account, "meanwhile")
        async with running(stage) as vip:
            await vip.until_in_thread(thread, "meanwhile")
            await ann.say(thread, "after")
            await vip.until_at_desk("after")
            await ann.say(thread, "!end")
            await vip.until_accounts(desk_1="free")
    assert stage.telegram.chat(account).texts == []


async def test_perkd_check_looks_at_all_that_vip_needs(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage:
        stage.server.guild.bot_role.position = 100
        found = await stage.host.command("check", check=False)
        said = found.stdout.decode()
        assert found.returncode == 0, said
        assert "✗" not in said
        for part in ("channel #upgrade", "channel #crew-log", "VIP staff", "VIP role", "account desk-1"):
            assert part in said


async def test_perkd_check_names_what_vip_can_not_be_without(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage:
        stage.host.env |= {"DISCORD_TOKEN": "", "TELEGRAM_API_HASH": ""}
        found = await stage.host.command("check", check=False)
        said = " ".join(found.stdout.decode().split())
    assert found.returncode == 1
    assert "DISCORD_TOKEN is not set: there are no VIP threads" in said
    assert "set the environment variable TELEGRAM_API_HASH" in said
