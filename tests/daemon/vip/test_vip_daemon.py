"""The whole of a VIP session in one process: real hikari, real Telethon, real store, two stand-ins."""

from pathlib import Path

from tests.worlds.discord_process import said
from tests.worlds.vip_daemon import open_vip_daemon


async def test_a_member_talks_to_the_desk_and_the_account_is_free_and_empty_again(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        stage = vip.stage
        await vip.until_ready()
        await stage.post_panel()
        ann = stage.member("Ann")
        told = await stage.press(ann)
        (thread,) = await vip.until(lambda: stage.threads_of(ann))
        await vip.until(lambda: any(one.text for one in thread.messages))
        assert (thread.invitable, thread.parent) == (False, stage.upgrade)

        await ann.say(thread, "I'd like **two** of them")
        (account,) = stage.accounts
        await vip.until(lambda: "I'd like two of them" in stage.texts(account))

        stage.telegram.desk.say(account, "Here you are")
        await vip.until(lambda: [one for one in thread.messages if "Here you are" in said(one)])

        await ann.say(thread, "!end")
        await vip.until(lambda: thread.archived and thread.locked)
        await vip.until_accounts(desk_1="free")
        assert stage.telegram.chat(account).texts == []
        assert stage.telegram.chat(account).seen_by_peer == []
        assert await vip.sessions() == []
        (closed,) = await vip.closed()
        assert (closed.member, closed.reason.value, closed.undelivered) == (ann.id, "owner", 0)
    assert told
