"""VIP threads by the real process: what a member, the staff and the desk see."""

from pathlib import Path

from tests.worlds.vip_process import open_vip_stage


async def test_a_member_talks_to_the_desk_and_the_account_comes_back(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as vip, vip.host.perkd() as process:
        await vip.stage.until_connected()
        await vip.until_accounts("free")
        await vip.post_panel()
        ann = vip.member("Ann")
        thread = await vip.open(ann)
        assert (thread.type, thread.invitable, thread.parent) == (12, False, vip.upgrade)

        await ann.say(thread, "I'd like **two** of them")
        account = await vip.until_at_desk("I'd like two of them")
        vip.telegram.desk.say(account, "Here you are")
        await vip.until_in_thread(thread, "Here you are")

        await ann.say(thread, "!end")
        await vip.until(lambda: thread.archived and thread.locked)
        await vip.until_accounts("free")
        assert vip.telegram.chat(account).texts == []
        assert "!end" not in vip.texts(account)
        assert await vip.host.stop(process) == 0
    assert vip.sessions() == []
    assert "Traceback" not in vip.host.log_text()


async def test_the_four_scenarios_of_a_second_press(tmp_path: Path) -> None:
    async with (
        open_vip_stage(tmp_path, accounts=2, more="cooldown_minutes = 0") as vip,
        vip.host.perkd() as process,
    ):
        await vip.stage.until_connected()
        await vip.until_accounts("free")
        await vip.post_panel()
        ann, crew = vip.member("Ann"), vip.member("Crew", staff=True)

        first = await vip.open(ann)
        refusal = await vip.press(ann)  # live: refused, with the link
        assert first.id in refusal
        assert "!end" in refusal
        assert vip.threads_of(ann) == [first]

        vip.stage.discord.faults.answer("GET", f"/channels/{first.id}", status=503, times=100)
        await vip.press(ann)  # Discord is away: nothing is wiped
        vip.stage.discord.faults.clear()
        assert vip.threads_of(ann) == [first]

        first.archived = True  # no event told of it
        second = await vip.open(ann)
        assert second is not first
        await vip.host.until_logged(f"🧹 Cleaning up expired/archived thread for user {ann.id}")
        await vip.host.until_logged(
            f"✅ Session cleaned up for user {ann.id} - Reason: Thread expired/archived"
        )

        vip.stage.discord.forget_channel(second)  # the same
        third = await vip.open(ann)
        await vip.host.until_logged(f"🧹 Cleaning up deleted thread for user {ann.id}")

        await crew.say(vip.log, f"!clear_vip_session <@{ann.id}>")
        await vip.until(lambda: third.archived)
        await vip.host.until_logged(
            f"✅ Session cleaned up for user {ann.id} - Reason: Manual cleanup by staff Crew"
        )
        await vip.until_accounts("free")
        fourth = await vip.open(ann)
        assert fourth not in (first, second, third)
        assert await vip.host.stop(process) == 0
    (session,) = vip.sessions()
    assert session.thread == fourth.id
    assert "Traceback" not in vip.host.log_text()
