"""What the button's answer becomes: blocked members, the waiting list, a thread that is being closed."""

from pathlib import Path
from typing import Any

import trio

from tests.worlds.discord_process import said
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon


async def _pressed(vip: VIPDaemon, member: Any) -> Any:
    return await member.press(vip.stage.panel, "vip:open:v1")


async def test_staff_block_a_member_who_is_refused_until_unblocked(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        await vip.stage.post_panel()
        ann, eve = vip.stage.member("Ann"), vip.stage.member("Eve", staff=True)
        blocked = await eve.slash(vip.stage.upgrade, "vip block", member=ann, reason="sells accounts")
        assert "sells accounts" in blocked.text

        answer = await vip.stage.press(ann)
        assert answer.startswith("You can't open a VIP thread here.")
        assert "sells" not in answer
        assert await vip.sessions() == []

        await eve.slash(vip.stage.upgrade, "vip unblock", member=ann)
        assert await vip.press(ann)


async def test_the_answer_of_who_waits_becomes_the_threads_link(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        ben = vip.stage.member("Ben")
        answer = await _pressed(vip, ben)
        await vip.until(lambda: "number 1 on the waiting list" in said(answer))
        await ann.say(thread, "!end")
        await vip.until(lambda: "is open" in said(answer))
        (opened,) = vip.stage.threads_of(ben)
        assert opened.id in said(answer)
        assert "waiting list" not in said(answer)


async def test_who_presses_while_the_thread_is_closed_gets_the_next(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path, more="cooldown_minutes = 0") as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        held = vip.stage.stage.discord.faults.hang("PATCH", f"/channels/{thread.id}")
        await ann.say(thread, "!end")
        await held.reached.wait()
        answer = await _pressed(vip, ann)
        await vip.until(lambda: "still being closed" in said(answer))
        await trio.sleep(0.2)
        assert vip.stage.threads_of(ann) == [thread]
        held.release()
        await vip.until(lambda: "is open" in said(answer))
        (opened,) = vip.stage.threads_of(ann)
        assert opened is not thread
        assert opened.id in said(answer)
