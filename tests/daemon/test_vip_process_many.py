"""Twenty accounts and more members than accounts, with the real hikari and the real Telethon."""

from pathlib import Path

import trio

from tests.worlds.discord_process import said
from tests.worlds.vip_process import open_vip_stage

ACCOUNTS = 20
MEMBERS = 23


async def test_twenty_accounts_serve_twenty_members_and_the_others_wait_in_line(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path, accounts=ACCOUNTS) as vip, vip.host.perkd() as process:
        vip.telegram.answering = lambda _, message: (
            f"echo {message.text}" if "hello" in message.text else None
        )
        await vip.stage.until_connected()
        await vip.until_accounts("free")
        await vip.post_panel()
        people = [vip.member(f"Member {n}") for n in range(MEMBERS)]
        async with trio.open_nursery() as nursery:
            for one in people:
                nursery.start_soon(vip.press, one)
        await vip.until_accounts("leased")
        served = await vip.until(
            lambda: len(found := [one for one in people if vip.threads_of(one)]) >= ACCOUNTS and found
        )
        assert len(served) == ACCOUNTS
        assert [len(vip.threads_of(one)) for one in served] == [1] * ACCOUNTS
        document = await vip.host.until(lambda seen: seen["vip"]["waiting"] == MEMBERS - ACCOUNTS)
        assert document["vip"]["accounts"]["leased"] == ACCOUNTS

        for n, one in enumerate(served):
            await one.say(vip.threads_of(one)[0], f"hello {n:03}")
        for n, one in enumerate(served):
            await vip.until_in_thread(vip.threads_of(one)[0], f"hello {n:03}")
            thread = vip.threads_of(one)[0]
            await vip.until(
                lambda t=thread, n=n: [
                    m for m in t.messages if "echo" in said(m) and f"hello {n:03}" in said(m)
                ]
            )
            # Nobody reads what was meant for another.
            others = [m for m in thread.messages if "echo" in said(m) and f"hello {n:03}" not in said(m)]
            assert others == []

        waiting = [one for one in people if one not in served]
        for one in served[: len(waiting)]:
            await one.say(vip.threads_of(one)[0], "!end")
        for one in waiting:
            await vip.until(lambda one=one: vip.threads_of(one))
        assert await vip.host.stop(process) == 0
    assert len(vip.sessions()) == ACCOUNTS
    assert len({one.account for one in vip.sessions()}) == ACCOUNTS
    assert "Traceback" not in vip.host.log_text()


async def test_a_hundred_presses_of_one_member_open_one_thread(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path, accounts=3) as vip, vip.host.perkd() as process:
        await vip.stage.until_connected()
        await vip.until_accounts("free")
        await vip.post_panel()
        ann = vip.member("Ann")
        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(vip.press, ann)
        assert len(vip.threads_of(ann, live=False)) == 1
        await vip.until_accounts("leased", 1)
        await vip.until_accounts("free", 2)
        assert await vip.host.stop(process) == 0
    (session,) = vip.sessions()
    assert session.thread == vip.threads_of(ann)[0].id
