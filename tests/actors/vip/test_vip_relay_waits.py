"""What a session does while something keeps it from relaying, and what is written meanwhile."""

import logging

import pytest
import trio

from actors.vip.messages import CompleteSession, EndSession, Member, Staff, ThreadsResync
from actors.vip.model import AccountState, EndReason, SessionState
from actors.vip.pool_messages import AccountOut
from actors.vip.ports import AccountDead, FloodWait, Forbidden, Refused
from actors.vip.words import Word
from tests.worlds.vip import BOT, GUILD
from tests.worlds.vip_rig import STAFF, STAFF_ROLE, VIPRig

OWNER = Member(GUILD, "7")


def crashes(rig: VIPRig) -> list[str]:
    return [name for name in rig.trace.names() if "Crashed" in name]


@pytest.mark.parametrize("error", [FloodWait(120.0), Refused("PRIVACY_PREMIUM_REQUIRED")])
async def test_an_introduction_that_is_not_taken_when_the_session_moves_crashes_nothing(
    autojump_clock: object, error: Exception
) -> None:
    rig = VIPRig(accounts=("a", "b", "c"))
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("desk.send", error, error)
        rig.pool.tell(AccountOut(rig.session().account, AccountState.DEAD, "banned"))
        await trio.sleep(30)
        rig.say("hello")
        await trio.sleep(600)
        assert crashes(rig) == []
        assert rig.chat_bodies() == ["hello"]


async def test_a_connection_that_is_back_is_nothing_that_is_waited_for(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.office.tell(ThreadsResync())
        await trio.sleep(10)
    assert not [text for text in caplog.messages if "waits" in text]


async def test_what_is_forbidden_is_logged_with_where_to_look(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.send", Forbidden("HTTP 403"))
        rig.desk_says("hi")
        await trio.sleep(10)
    assert (
        "The VIP relay of user 7 waits: HTTP 403; `perkd check` names what the bot lacks" in caplog.messages
    )


@pytest.mark.parametrize("operation", ["discord.history", "desk.history"])
async def test_a_history_that_is_refused_is_asked_for_again(autojump_clock: object, operation: str) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail(operation, Refused("HTTP 400"))
        rig.office.tell(ThreadsResync())
        await trio.sleep(10)
        rig.say("hello")
        await trio.sleep(60)
        assert crashes(rig) == []
        assert rig.chat_bodies() == ["hello"]


async def test_an_answer_that_says_nothing_of_the_thread_ends_no_session(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.fetch", *[Refused("HTTP 418")] * 3)
        rig.office.tell(ThreadsResync())
        await trio.sleep(2)
        ticket = rig.click()
        await trio.sleep(60)
        rig.say("hello")
        await trio.sleep(10)
        assert crashes(rig) == []
        assert rig.chat_bodies() == ["hello"]
        assert rig.answers(ticket) in ([Word.TRY_AGAIN], [Word.ALREADY_OPEN])


async def test_what_is_forbidden_is_tried_ever_more_rarely(autojump_clock: object) -> None:
    """Discord shuts out addresses with ten thousand refused requests in ten minutes."""
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.send", *[Forbidden("Missing Permissions")] * 20)
        before = rig.world.calls["send"]
        rig.desk_says("hello")
        await trio.sleep(600)
        assert 10 <= rig.world.calls["send"] - before <= 20
        await trio.sleep(600)
        assert rig.thread().bodies() == ["hello"]


async def test_one_who_waits_for_a_permission_goes_on_at_once_when_discord_is_back(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.send", *[Forbidden("Missing Permissions")] * 6)
        rig.desk_says("hello")
        await trio.sleep(35)
        assert rig.thread().bodies() == []
        rig.office.tell(ThreadsResync())
        await trio.sleep(3)
        assert rig.thread().bodies() == ["hello"]


async def test_what_the_member_writes_before_it_is_welcomed_crosses(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.world.steps.outage.add("desk.send")
    async with rig.running():
        rig.click()
        await rig.until(lambda: any("7" in thread.members for thread in rig.world.threads.values()))
        rig.say("is anybody there?")
        rig.world.steps.outage.clear()
        await rig.until(lambda: rig.state() is SessionState.OPEN)
        await trio.sleep(10)
        assert rig.chat_bodies() == ["is anybody there?"]


async def test_the_end_is_obeyed_while_the_session_waits_for_an_account(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        rig.pool.tell(AccountOut("a", AccountState.DEAD, "banned"))
        await trio.sleep(30)
        rig.say("one question more")
        rig.say("!end", command="end")
        await trio.sleep(60)
        (closed,) = rig.closed()
        assert (closed.reason, closed.undelivered) == (EndReason.OWNER, 1)


async def test_the_end_is_obeyed_while_the_desks_history_cant_be_read(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("desk")
        rig.office.tell(ThreadsResync())
        await trio.sleep(30)
        rig.say("one question more")
        rig.say("!end", command="end")
        await trio.sleep(120)
        (closed,) = rig.closed()
        assert (closed.reason, closed.undelivered) == (EndReason.OWNER, 1)


async def test_what_was_written_while_histories_were_read_arrives_before_the_end(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda step: 1.0 if "history" in step else 0.0
        rig.office.tell(ThreadsResync())
        await trio.sleep(2.5)
        rig.desk_says("You are VIP now")
        rig.say("thanks")
        rig.office.tell(EndSession(OWNER, "ticket", Staff("7")))
        await rig.until(lambda: bool(rig.closed()))
        assert rig.thread().bodies() == ["You are VIP now"]
        assert rig.world.chat("a").delivered() == ["thanks"]
        assert rig.closed()[0].undelivered == 0


async def test_a_bot_gives_no_commands_whatever_roles_it_has(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.say("!end", author=BOT, command="end", roles=frozenset({STAFF_ROLE}))
        await trio.sleep(10)
        assert rig.state() is SessionState.OPEN


async def test_a_command_that_was_refused_is_not_refused_again_when_the_history_is_read(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.say("!end", author="66", command="end")
        await trio.sleep(600)
        rig.office.tell(ThreadsResync())
        await trio.sleep(60)
        assert rig.thread().words() == [Word.WELCOME, Word.REFUSED_COMMAND]


@pytest.mark.parametrize("pause", [0.0, 40.0])
async def test_the_role_is_given_also_where_the_member_ends_it_in_the_same_moment(
    autojump_clock: object, pause: float
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("discord.close")
        rig.say("!end", command="end")
        await trio.sleep(pause)
        rig.office.tell(CompleteSession(OWNER, "ticket", STAFF))
        await trio.sleep(5)
        rig.world.steps.outage.clear()
        await rig.until(lambda: bool(rig.closed()))
        assert rig.world.roles_given == [(GUILD, "7")]
        assert Word.ROLE_GIVEN in rig.answers("ticket")


async def test_an_opening_does_not_wait_through_one_short_pause_after_another(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.steps.fail("desk.send", *[FloodWait(20.0)] * 1000)
        ticket = rig.click()
        await trio.sleep(60)
        assert rig.answers(ticket) == [Word.DESK_AWAY]
        await rig.until_free()
        assert rig.world.live_threads() == []


async def test_a_pause_that_is_asked_for_when_the_session_moves_is_kept(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        before = rig.world.calls["desk.send"]
        rig.world.steps.fail("desk.send", FloodWait(500.0))
        rig.pool.tell(AccountOut(rig.session().account, AccountState.DEAD, "banned"))
        await trio.sleep(480)
        assert rig.world.calls["desk.send"] - before == 1
        rig.say("hello")
        await trio.sleep(60)
        assert rig.chat_bodies() == ["hello"]


async def test_a_pause_that_is_asked_of_an_account_is_not_kept_when_another_takes_its_place(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a", "b", "c"))
    async with rig.running():
        await rig.until_free()
        await rig.opened()
        rig.world.steps.fail("desk.send", AccountDead("banned"), FloodWait(20_000.0))
        rig.say("hello")
        await trio.sleep(5)
        assert rig.chat_bodies() == []
        rig.pool.tell(AccountOut(rig.session().account, AccountState.DEAD, "banned too"))
        await trio.sleep(30)
        assert rig.chat_bodies() == ["hello"]


@pytest.mark.parametrize("before", [24 * 3600.0, 0.0])
async def test_a_silent_session_learns_of_a_changed_limit(autojump_clock: object, before: float) -> None:
    rig = VIPRig()
    rig.change(inactivity=before)
    async with rig.running():
        await rig.opened()
        thread = rig.thread()
        rig.change(inactivity=3600.0)
        await trio.sleep(1800 + 120)
        assert thread.words() == [Word.WELCOME, Word.INACTIVITY_WARNING]
        await trio.sleep(1800)
        assert rig.state() is None
        assert thread.words()[-1] is Word.ENDED
