import logging

import pytest
import trio

from actors.ports import Put
from actors.vip.model import AccountState, EndReason, SessionState, VIPBlock
from actors.vip.ports import FloodWait, Refused, Unreachable
from actors.vip.words import Word
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import VIP_ROLE, VIPRig


async def test_a_click_opens_a_thread_with_a_leased_account(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        ticket = await rig.opened()
        thread = rig.thread()
        assert thread.members == {"7"}
        assert thread.words() == [Word.WELCOME]
        assert rig.answers(ticket) == [Word.OPENED]
        assert thread.id in str(rig.last_answer(ticket).value("link"))
        assert list(rig.account_states().values()).count(AccountState.LEASED) == 1
        assert [m.notice.word for m in rig.world.chat(rig.session().account).messages] == [Word.INTRODUCTION]


async def test_a_hundred_clicks_at_once_open_one_thread_and_lease_one_account(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        tickets = [rig.click() for _ in range(100)]
        await rig.until(lambda: all(rig.answers(t) for t in tickets))
        assert len(rig.world.threads) == 1
        assert list(rig.account_states().values()).count(AccountState.LEASED) == 1
        words = [rig.answers(t) for t in tickets]
        assert words[0] == [Word.OPENED]
        assert words[1:] == [[Word.ALREADY_OPEN]] * 99


async def test_a_live_thread_refuses_with_its_link(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        thread = rig.thread()
        with caplog.at_level(logging.DEBUG):
            ticket = rig.click()
            await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.ALREADY_OPEN]
        assert str(rig.last_answer(ticket).value("link")).endswith(thread.id)
        assert f"User 7 has valid active thread {thread.id} - blocking duplicate session" in caplog.messages
        assert len(rig.world.threads) == 1


@pytest.mark.parametrize("told", [True, False])
async def test_an_archived_thread_is_cleaned_up_and_a_new_one_opens(
    autojump_clock: object, caplog: pytest.LogCaptureFixture, told: bool
) -> None:
    rig = VIPRig()
    caplog.set_level(logging.INFO)
    async with rig.running():
        await rig.opened()
        old = rig.thread()
        rig.archive(told=told)
        if told:
            await rig.until(lambda: not rig.sessions())
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.OPENED]
        assert rig.thread() is not old
        assert old.locked
        assert old.archived
    assert caplog.messages.count("🧹 Cleaning up expired/archived thread for user 7") == 1
    assert caplog.messages.count("✅ Session cleaned up for user 7 - Reason: Thread expired/archived") == 1
    assert rig.closed()[0].reason is EndReason.ARCHIVED


@pytest.mark.parametrize("told", [True, False])
async def test_a_deleted_thread_is_cleaned_up_and_a_new_one_opens(
    autojump_clock: object, caplog: pytest.LogCaptureFixture, told: bool
) -> None:
    rig = VIPRig(accounts=("a",))
    caplog.set_level(logging.INFO)
    async with rig.running():
        await rig.opened()
        old = rig.thread()
        rig.drop(told=told)
        if told:
            await rig.until(lambda: not rig.sessions())
        ticket = rig.click()
        await rig.until(lambda: rig.state() is SessionState.OPEN and rig.thread() is not old)
        assert Word.OPENED in rig.answers(ticket) or Word.QUEUED in rig.answers(ticket)
    assert "🧹 Cleaning up deleted thread for user 7" in caplog.messages
    assert "✅ Session cleaned up for user 7 - Reason: Thread deleted" in caplog.messages


async def test_a_thread_without_access_is_cleaned_up_and_a_new_one_opens(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.thread().forbidden = True
        ticket = rig.click()
        await rig.until(lambda: rig.answers(ticket) == [Word.OPENED])
        assert len(rig.world.live_threads()) == 2  # the bot can't touch the old one
        assert [c.reason for c in rig.closed()] == [EndReason.INACCESSIBLE]


async def test_a_minute_of_503_on_the_check_does_not_wipe_a_live_session(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        session = rig.session().id
        rig.world.steps.outage.add("discord")
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.TRY_AGAIN]
        await trio.sleep(60)
        rig.world.steps.outage.clear()
        later = rig.click()
        await rig.until(lambda: bool(rig.answers(later)))
        assert rig.answers(later) == [Word.ALREADY_OPEN]
        assert rig.session().id == session
        assert len(rig.world.threads) == 1


@pytest.mark.parametrize("hangs", ["discord.fetch", "discord.missing_permissions"])
async def test_a_check_that_hangs_is_given_up_in_time_and_the_session_stays(
    autojump_clock: object, hangs: str
) -> None:
    rig = VIPRig()
    async with rig.running():
        existing = hangs == "discord.fetch"
        if existing:
            await rig.opened()
        rig.world.steps.delay = lambda name: 3600.0 if name.startswith(hangs) else 0.0
        before = trio.current_time()
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert trio.current_time() - before == pytest.approx(rig.policy.check_within, abs=1.0)
        assert rig.answers(ticket) == [Word.TRY_AGAIN]
        rig.world.steps.delay = lambda _: 0.0
        again = rig.click()
        await rig.until(lambda: bool(rig.answers(again)))
        assert rig.answers(again) == [Word.ALREADY_OPEN if existing else Word.OPENED]
        assert len(rig.world.threads) == 1


async def test_a_flood_wait_on_the_check_is_waited_for_if_it_is_short(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        for seconds, answer in ((10, Word.ALREADY_OPEN), (20, Word.SLOW_DOWN)):
            rig.world.steps.fail("discord.fetch", FloodWait(seconds))
            before = trio.current_time()
            ticket = rig.click()
            await rig.until(lambda ticket=ticket: bool(rig.answers(ticket)))
            assert rig.answers(ticket) == [answer]
            assert trio.current_time() - before < rig.policy.check_within
        assert len(rig.sessions()) == 1


async def test_one_503_on_the_check_is_retried(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.fetch", Unreachable("503"), Unreachable("503"))
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.ALREADY_OPEN]


async def test_the_setting_cleans_up_what_can_not_be_checked(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.change(clean_unreachable=True)
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("discord.fetch")
        ticket = rig.click()
        await rig.until(lambda: bool(rig.closed()))
        rig.world.steps.outage.clear()
        await rig.until(lambda: rig.answers(ticket) == [Word.OPENED])
        assert rig.closed()[0].reason is EndReason.UNREACHABLE


async def test_who_is_blocked_or_vip_already_is_refused(autojump_clock: object) -> None:
    rig = VIPRig()
    await rig.store.commit(Put(VIPBlock(GUILD, "7", 0.0)))
    async with rig.running():
        blocked, vip = rig.click("7"), rig.click("8", roles=frozenset({VIP_ROLE}))
        await rig.until(lambda: bool(rig.answers(blocked) and rig.answers(vip)))
        assert rig.answers(blocked) == [Word.BLOCKED]
        assert rig.answers(vip) == [Word.ALREADY_VIP]
        assert not rig.sessions()
        assert not rig.world.threads


async def test_missing_permissions_are_named_before_anything_is_made(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.world.missing = ("CREATE_PRIVATE_THREADS",)
    async with rig.running():
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.MISSING_PERMISSIONS]
        assert rig.last_answer(ticket).value("missing") == "CREATE_PRIVATE_THREADS"


async def test_a_refused_name_falls_back_to_the_neutral_one(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.steps.fail("discord.create", Refused("the name"))
        await rig.opened()
        assert rig.thread().name == f" {rig.session().tag}"


async def test_pool_empty_is_a_place_on_the_waiting_list_and_then_a_thread(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("1")
        second = rig.click("2")
        await rig.until(lambda: bool(rig.answers(second)))
        third = rig.click("3")
        await rig.until(lambda: bool(rig.answers(third)))
        assert [rig.last_answer(t).value("position") for t in (second, third)] == [1, 2]
        again = rig.click("3")
        await rig.until(lambda: bool(rig.answers(again)))
        assert rig.last_answer(again).value("position") == 2
        rig.say("!end", "1", command="end")
        await rig.until(lambda: rig.state("2") is SessionState.OPEN)
        assert rig.state("3") is SessionState.WAITING
        assert rig.thread("2").words() == [Word.WELCOME]


async def test_the_waiting_list_outlives_a_restart_in_its_order(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("1")
        for member in ("3", "2"):
            ticket = rig.click(member)
            await rig.until(lambda ticket=ticket: bool(rig.answers(ticket)))
    async with rig.running():
        await trio.sleep(10)
        rig.say("!end", "1", command="end")
        await rig.until(lambda: rig.state("3") is SessionState.OPEN)
        assert rig.state("2") is SessionState.WAITING


async def test_after_an_end_by_its_owner_a_member_cools_down(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.say("!end", command="end")
        await rig.until(lambda: not rig.sessions())
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.COOLING_DOWN]
        await trio.sleep(rig.policy.cooldown)
        await rig.opened()


async def test_a_lost_answer_makes_no_second_thread(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.world.steps.lose("discord.create")
    rig.world.steps.lose("discord.send")
    rig.world.steps.lose("desk.send")
    async with rig.running():
        await rig.opened()
        assert len(rig.world.threads) == 1
        assert rig.thread().words() == [Word.WELCOME]
        assert len(rig.world.chat(rig.session().account).messages) == 1


async def test_an_account_banned_while_opening_is_replaced(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.chat("a").dead = "USER_DEACTIVATED_BAN"
        await rig.opened()
        assert rig.session().account == "b"
        assert rig.account_states()["a"] is AccountState.DEAD
        assert len(rig.world.threads) == 1
