"""`/vip` and `!clear_vip_session`, by member, staff, admin and stranger: with the real libraries."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import trio
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Audit
from actors.ports import Put
from actors.vip import refusals
from actors.vip.messages import ClearSession, CompleteSession, EndSession, Staff, ThreadPosted
from actors.vip.model import SessionState, VIPBlock, VIPSession
from actors.vip.words import Notice, Word
from daemon.discord.answers.vip import show_status
from daemon.discord.answers.vip_status import status_card
from daemon.discord.render import message_of
from daemon.discord.values import Reply
from supervision import AskTimeout
from tests.worlds.discord_commands import read
from tests.worlds.discord_desk import ADMIN
from tests.worlds.vip_counter import Counter, open_counter, open_live_counter

STEPS = [
    Notice.of(Word.CLEAR_FOUND, state="open"),
    Notice.of(Word.CLEAR_UNDELIVERED, count=0),
    Notice.of(Word.CLEAR_ACCOUNT, account="desk-1"),
    Notice.of(Word.CLEAR_DONE),
]


@pytest.fixture
async def live() -> AsyncIterator[Counter]:
    async with open_live_counter() as counter:
        counter.notices = list(STEPS)
        yield counter


def by_eve(counter: Counter) -> Staff:
    return Staff(counter.eve.id, "Eve", frozenset({counter.staff_role.id}))


# --- /vip end -----------------------------------------------------------------------------------


async def test_a_member_ends_its_own_thread_and_reads_no_steps(live: Counter) -> None:
    answer = await live.ann.slash(live.upgrade, "vip end")
    await live.until(lambda: answer.text == "🔒 Your VIP thread has ended.")
    assert live.of(EndSession)[0] == EndSession(
        live.member(live.ann), live.of(EndSession)[0].ticket, Staff(live.ann.id, "Ann", frozenset())
    )
    assert answer.ephemeral


async def test_who_names_itself_ends_its_own_thread(live: Counter) -> None:
    live.notices = [Notice.of(Word.CLEAR_NOTHING)]
    answer = await live.ann.slash(live.upgrade, "vip end", member=live.ann)
    assert answer.text == "You have no VIP thread that could be ended."


async def test_only_staff_end_somebody_elses_thread(live: Counter) -> None:
    bob = live.guild.add_member("Bob")
    for who in (live.ann, live.mod):
        assert "Only VIP staff" in (await who.slash(live.upgrade, "vip end", member=bob)).text
    assert not live.of(EndSession)
    answer = await live.eve.slash(live.upgrade, "vip end", member=bob)
    await live.until(lambda: "Cleared" in answer.text)
    assert live.of(EndSession)[0].by == by_eve(live)
    assert live.of(EndSession)[0].member == live.member(bob)


# --- /vip clear, /vip complete ------------------------------------------------------------------


async def test_staff_clear_a_session_and_read_each_step(live: Counter) -> None:
    answer = await live.eve.slash(live.upgrade, "vip clear", member=live.ann)
    await live.until(lambda: "Cleared" in answer.text)
    assert answer.text.splitlines() == [
        "Found a session: open.",
        "Every message had been delivered.",
        "Gave desk-1 back; its history is being cleared.",
        "✅ Cleared. The member can open a new thread.",
    ]
    (request,) = live.of(ClearSession)
    assert (request.member, request.by, request.name) == (live.member(live.ann), by_eve(live), "Ann")


async def test_a_step_that_is_told_twice_is_read_once(live: Counter) -> None:
    live.notices = [*STEPS[:2], *STEPS]
    answer = await live.eve.slash(live.upgrade, "vip clear", member=live.ann)
    await live.until(lambda: "Cleared" in answer.text)
    assert len(answer.text.splitlines()) == len(STEPS)


async def test_who_completes_an_upgrade_reads_whether_the_role_was_given(live: Counter) -> None:
    live.notices = [Notice.of(Word.ROLE_FAILED, reason="**403** @everyone")]
    answer = await live.eve.slash(live.upgrade, "vip complete", member=live.ann)
    assert answer.text.startswith("⚠️ The VIP role could not be given: ")
    assert "@everyone" not in answer.text
    assert live.of(CompleteSession)[0].by == by_eve(live)


@pytest.mark.parametrize("command", ["vip clear", "vip complete", "vip block", "vip unblock"])
async def test_roles_count_by_their_ids_and_not_by_what_they_are_called(live: Counter, command: str) -> None:
    namesake = live.guild.add_role(live.staff_role.name)
    liar = live.guild.add_member("Liar", roles=(namesake,))
    for who in (live.ann, live.mod, liar):
        answer = await who.slash(live.upgrade, command, member=live.ann)
        assert answer.text == "That command is for the server's VIP staff."
    assert not live.of((ClearSession, CompleteSession))
    assert not await live.store.find(VIPBlock)


async def test_somebody_who_has_left_can_be_cleared(live: Counter) -> None:
    user = live.ann.user
    live.ann.leave()
    await live.eve.slash(live.upgrade, "vip clear", member=user)
    assert live.of(ClearSession)[0].member.id == user.id


async def test_staff_of_one_server_are_nobody_in_another(live: Counter) -> None:
    elsewhere = live.discord.add_guild("Fire")
    channel = elsewhere.add_channel("lounge")
    boss = elsewhere.add_member("Boss", manage_guild=True)
    eve = elsewhere.add_member("Eve", user=live.eve.user)
    assert "VIP staff" in (await eve.slash(channel, "vip clear", member=boss)).text
    assert "another server" in (await boss.slash(channel, "vip status")).text
    assert "another server" in (await boss.slash(channel, "vip end")).text
    assert not live.of((ClearSession, EndSession))


# --- /vip block, /vip unblock -------------------------------------------------------------------


async def test_staff_block_and_unblock_a_member_and_twice_is_harmless(live: Counter) -> None:
    first, second = [
        await live.eve.slash(live.upgrade, "vip block", member=live.ann, reason="**sells** @everyone")
        for _ in range(2)
    ]
    assert first.ephemeral
    assert first.text.startswith("🚫 Ann can't open a VIP thread any more.")
    assert "nothing was changed" in second.text
    for answer in (first, second):
        assert r"Reason, for staff: \*\*sells\*\*" in answer.text
        assert "@everyone" not in answer.text
    (block,) = await live.store.find(VIPBlock)
    assert (block.member, block.by, block.reason) == (live.ann.id, live.eve.id, "**sells** @everyone")
    assert "1 member is blocked" in read(await live.eve.slash(live.upgrade, "vip status"))

    texts = [(await live.eve.slash(live.upgrade, "vip unblock", member=live.ann)).text for _ in range(2)]
    assert texts == ["✅ Ann can open VIP threads again.", "Ann is not blocked; nothing was changed."]
    assert await live.store.find(VIPBlock) == []
    assert sorted(one.action for one in await live.store.find(Audit)) == ["vip block", "vip unblock"]
    assert "blocked" not in read(await live.eve.slash(live.upgrade, "vip status"))


async def test_a_block_leaves_a_live_session_and_says_so(live: Counter) -> None:
    await live.store.commit(Put(VIPSession(live.guild.id, live.ann.id, "aa", SessionState.WAITING, 1.0)))
    answer = await live.eve.slash(live.upgrade, "vip block", member=live.ann)
    assert answer.text.splitlines()[-1].startswith("There is a VIP session of this member, and it goes on.")
    assert "Reason" not in answer.text
    assert not live.of((EndSession, ClearSession))


async def test_who_has_left_can_be_blocked(live: Counter) -> None:
    user = live.ann.user
    live.ann.leave()
    await live.eve.slash(live.upgrade, "vip block", member=user)
    assert [one.member for one in await live.store.find(VIPBlock)] == [user.id]


async def test_how_many_are_blocked_is_left_out_while_the_store_is_away(live: Counter) -> None:
    await live.eve.slash(live.upgrade, "vip block", member=live.ann)
    live.store.away = True
    text = read(await live.eve.slash(live.upgrade, "vip status"))
    live.store.away = False
    assert "waiting list" in text
    assert "blocked" not in text


# --- /vip status --------------------------------------------------------------------------------


async def test_admins_and_staff_are_told_how_it_is_going(live: Counter) -> None:
    live.numbers = {
        "enabled": True,
        "sessions": 3,
        "by_state": {"waiting": 1, "opening": 0, "open": 2, "ending": 0},
        "accounts": {"free": 0, "leased": 2, "dead": 1},
        "waiting": 1,
        "oldest_undelivered": 125.0,
        "unanswered": 2,
        "account_list": [
            {"name": "desk-1", "state": "leased", "reason": "", "connection": "connected"},
            {"name": "desk-2", "state": "dead", "reason": "banned **@everyone**", "connection": "dead"},
            {"name": "desk-3", "state": "leased", "reason": "", "connection": "away"},
        ],
    }
    for who in (live.mod, live.eve):
        text = read(await who.slash(live.upgrade, "vip status"))
        assert "1 on the waiting list, 2 open" in text
        assert "2 in use, 1 out of use" in text
        assert "1 member is on the waiting list" in text
        assert "waited for 2 min" in text
        assert "2 requests are being worked on" in text
        assert "desk-2: out of use (banned" in text
        assert "desk-3: in use, not connected" in text
        assert "desk-1:" not in text
        assert "@everyone" not in text
    assert "VIP staff" in (await live.ann.slash(live.upgrade, "vip status")).text


async def test_where_nothing_is_going_on_that_is_said(live: Counter) -> None:
    text = read(await live.eve.slash(live.upgrade, "vip status"))
    assert "Nobody is on the waiting list" in text
    assert "Every message has been delivered" in text
    assert "none is configured" in text


async def test_a_desk_that_does_not_tell_is_said(live: Counter) -> None:
    async def away() -> Mapping[str, Any]:
        await trio.lowlevel.checkpoint()
        raise AskTimeout("no answer")

    desk = evolve(live.desk(), vip=live.vip.reception(live.office, away))
    caller = evolve(ADMIN, guild=live.guild.id)
    assert "does not answer" in (await show_status(desk, caller)).text


@given(
    by_state=st.dictionaries(st.text(max_size=20), st.integers(0, 10**6), max_size=8),
    reason=st.text(max_size=3000),
    count=st.integers(0, 60),
    oldest=st.none() | st.floats(0, 1e9),
)
def test_whatever_the_status_holds_fits_into_the_answer(
    by_state: dict[str, int], reason: str, count: int, oldest: float | None
) -> None:
    accounts = [
        {"name": f"desk-{n}", "state": "dead", "reason": reason, "connection": None} for n in range(count)
    ]
    status = {
        "by_state": by_state,
        "accounts": by_state,
        "waiting": count,
        "oldest_undelivered": oldest,
        "account_list": accounts,
    }
    card = status_card(status, "en-US")
    assert all(one.value for one in card.fields)
    assert "@everyone" not in card.text
    assert message_of(Reply(cards=(card,)))["embeds"]


# --- !clear_vip_session -------------------------------------------------------------------------


async def test_staff_clear_a_session_by_a_message_in_any_channel(live: Counter) -> None:
    lounge = live.guild.add_channel("lounge")
    message = await live.eve.say(lounge, f"!clear_vip_session <@{live.ann.id}>")
    (request,) = await live.until_told(ClearSession)
    assert (request.member, request.by) == (live.member(live.ann), by_eve(live))
    await live.until(lambda: "Cleared" in lounge.messages[-1].content)
    reply = lounge.messages[-1]
    assert len(lounge.messages) == 2
    assert reply.payload()["message_reference"]["message_id"] == message.id
    assert reply.content.startswith("Found a session: open.")


async def test_others_are_refused_politely_and_once_and_nothing_happens(live: Counter) -> None:
    lounge = live.guild.add_channel("lounge")
    for who in (live.ann, live.mod):
        for _ in range(3):
            await who.say(lounge, f"!clear_vip_session <@{live.eve.id}>")
    await live.until(lambda: len(lounge.messages) == 8)
    await live.eve.say(lounge, f"!clear_vip_session {live.ann.id}")
    (request,) = await live.until_told(ClearSession)
    assert request.by.id == live.eve.id
    said = [one.content for one in lounge.messages if one.author is live.discord.bot]
    assert sum("for the server's staff" in text for text in said) == 2
    assert not await live.store.find(Audit)


async def test_who_was_refused_is_refused_again_after_a_while(
    live: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "REFUSE_EVERY", 0.0)
    lounge = live.guild.add_channel("lounge")
    for count in (2, 4):
        await live.ann.say(lounge, "!clear_vip_session")
        await live.until(lambda count=count: len(lounge.messages) == count)
    assert not live.of(ClearSession)


async def test_without_a_member_it_is_said_how_to_write_it(live: Counter) -> None:
    lounge = live.guild.add_channel("lounge")
    await live.eve.say(lounge, "!clear_vip_session the one who complained")
    await live.until(lambda: "`!clear_vip_session @member`" in lounge.messages[-1].content)
    assert not live.of(ClearSession)


async def test_bots_and_other_servers_give_no_commands(live: Counter) -> None:
    lounge = live.guild.add_channel("lounge")
    robot = live.guild.add_member("Robot", user=live.discord.add_user("Robot", bot=True))
    robot.roles.append(live.staff_role)
    elsewhere = live.discord.add_guild("Fire")
    far = elsewhere.add_channel("lounge")
    bob = elsewhere.add_member("Bob")
    await robot.say(lounge, f"!clear_vip_session <@{live.ann.id}>")
    await bob.say(far, f"!clear_vip_session <@{live.ann.id}>")
    thread = live.thread(live.ann)
    await live.ann.say(thread, "the last one")
    await live.until_told(ThreadPosted)
    assert not live.of(ClearSession)
    assert len(far.messages) == 1
    assert len(lounge.messages) == 1


async def test_a_session_is_cleared_also_when_the_upgrade_channel_is_gone() -> None:
    async with open_counter() as counter:
        lounge = counter.guild.add_channel("lounge")
        counter.upgrade.delete()
        async with counter.perkd(), counter.bot():
            await counter.eve.say(lounge, f"!clear_vip_session <@{counter.ann.id}>")
            assert await counter.until_told(ClearSession)
            await counter.ann.say(lounge, f"!clear_vip_session <@{counter.eve.id}>")
            with trio.move_on_after(0.2):
                await counter.until_told(ClearSession, 2)
        assert len(counter.of(ClearSession)) == 1


@pytest.mark.parametrize("gone", [False, True], ids=["full", "ended"])
async def test_a_written_command_that_the_desk_can_not_take_is_said(gone: bool) -> None:
    async with open_live_counter(mailbox=1) as counter:
        await counter.until(lambda: counter.told)
        lounge = counter.guild.add_channel("lounge")
        if gone:
            await counter.tree.supervisor().stop_child("office")
        else:
            counter.held = True
            counter.office.tell("being worked on")
            await counter.until(lambda: "being worked on" in counter.told)
            counter.office.tell("waits")
        await counter.eve.say(lounge, f"!clear_vip_session <@{counter.ann.id}>")
        said = "not at work" if gone else "more requests than it can take"
        await counter.until(lambda: said in lounge.messages[-1].content)


async def test_in_its_thread_the_command_is_for_staff_and_end_goes_to_the_session(live: Counter) -> None:
    thread = live.thread(live.ann)
    await live.ann.say(thread, "!end")
    await live.eve.say(thread, f"!clear_vip_session <@{live.ann.id}>")
    posted = await live.until_told(ThreadPosted, 2)
    assert [(one.message.author, one.message.command) for one in posted] == [
        (live.ann.id, "end"),
        (live.eve.id, "clear_vip_session"),
    ]
    assert posted[1].message.roles == {live.staff_role.id}
    assert await live.until_told(ClearSession)
