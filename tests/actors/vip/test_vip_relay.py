import pytest
import trio

from actors.vip.model import AccountState, CrossingState, SessionState
from actors.vip.ports import FloodWait, Mark
from actors.vip.relay_planner import RelayPlanner
from actors.vip.relay_values import File, FileKind, Incoming, Limits, Said, Say
from actors.vip.rich_text import RichText
from actors.vip.words import Word
from tests.worlds.vip import find
from tests.worlds.vip_rig import POLICY, STAFF_ROLE, VIPRig


async def test_messages_cross_both_ways_in_order(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        for number in range(5):
            rig.say(f"q{number}")
            rig.desk_says(f"a{number}")
        await trio.sleep(5)
        assert rig.chat_bodies() == [f"q{n}" for n in range(5)]
        assert rig.thread().bodies() == [f"a{n}" for n in range(5)]
        assert {c.state for c in rig.crossings()} == {CrossingState.SENT}


async def test_only_the_owners_and_staffs_messages_cross(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.say("mine")
        rig.say("foreign", author="66")
        rig.say("by a name", author="66", roles=frozenset({"Staff"}))
        rig.say("staff", author="50", roles=frozenset({STAFF_ROLE}))
        rig.say("!other", command="clear_vip_session")
        await trio.sleep(5)
        assert rig.chat_bodies() == ["mine", "staff"]
        assert [c.staff for c in rig.crossings()] == [False, True]


async def test_edits_deletes_and_replies_follow_the_map(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        one, two = rig.say("one"), rig.say("two")
        hello = rig.desk_says("hello")
        await trio.sleep(2)
        rig.say("to hello", reply_to=rig.thread().of_bot()[0].id)
        rig.say("to one", reply_to=one)
        rig.edit(one, "ONE")
        rig.delete(two)
        rig.desk_edits(hello, "HELLO")
        rig.desk_says("to the first", reply_to=_sent(rig, "one"))
        await trio.sleep(5)
        chat = rig.world.chat(rig.session().account)
        assert rig.chat_bodies() == ["ONE", "to hello", "to one"]
        assert rig.thread().bodies() == ["HELLO", "to the first"]
        by_body = {m.body: m for m in chat.messages}
        assert by_body["to hello"].reply_to == hello
        assert by_body["to one"].reply_to == by_body["ONE"].id
        assert rig.thread().of_bot()[1].reply_to == one


def _sent(rig: VIPRig, body: object) -> str:
    """The id at Telegram of what was relayed."""
    return next(m.id for m in rig.world.chat(rig.session().account).messages if m.body == body)


async def test_a_long_text_is_sent_in_parts_and_its_edit_changes_their_number(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        message = rig.say("a\nb\nc")
        await trio.sleep(2)
        assert rig.chat_bodies() == ["a", "b", "c"]
        rig.edit(message, "x")
        await trio.sleep(2)
        assert rig.chat_bodies() == ["x"]
        rig.edit(message, "1\n2\n3")
        await trio.sleep(2)
        assert rig.chat_bodies() == ["1", "2", "3"]
        rig.delete(message)
        await trio.sleep(2)
        assert rig.chat_bodies() == []


async def test_each_messages_state_is_shown_on_it(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.world.refuse.add("too big")
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("desk.send")
        waiting = rig.say("waits")
        await trio.sleep(2)
        assert find(rig.thread().messages, waiting).mark is Mark.WAITING
        rig.world.steps.outage.clear()
        failed, last = rig.say("too big"), rig.say("after it")
        await trio.sleep(60)
        marks = [find(rig.thread().messages, m).mark for m in (waiting, failed, last)]
        assert marks == [Mark.SENT, Mark.FAILED, Mark.SENT]
        assert rig.chat_bodies() == ["waits", "after it"]
        assert [c.state for c in rig.crossings()] == [
            CrossingState.SENT,
            CrossingState.FAILED,
            CrossingState.SENT,
        ]


async def test_a_flood_wait_waits_and_drops_nothing(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("desk.send", FloodWait(300.0))
        for number in range(3):
            rig.say(f"m{number}")
        await trio.sleep(200)
        assert rig.chat_bodies() == []
        await trio.sleep(150)
        assert rig.chat_bodies() == ["m0", "m1", "m2"]


@pytest.mark.parametrize("operation", ["desk.send", "discord.send"])
async def test_a_lost_answer_doubles_nothing(autojump_clock: object, operation: str) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.lose(operation, 3)
        for number in range(3):
            rig.say(f"q{number}")
            rig.desk_says(f"a{number}")
        await trio.sleep(60)
        assert rig.chat_bodies() == ["q0", "q1", "q2"]
        assert rig.thread().bodies() == ["a0", "a1", "a2"]


async def test_what_was_missed_while_perkd_was_away_is_replayed_and_marked(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        first = rig.say("before")
        await trio.sleep(2)
    rig.say("missed 1")
    rig.say("missed 2")
    rig.edit(first, "BEFORE")
    rig.desk_says("answered meanwhile")
    await trio.sleep(600)
    async with rig.running():
        await trio.sleep(10)
        assert rig.chat_bodies() == ["BEFORE", "missed 1", "missed 2"]
        assert rig.thread().bodies() == ["answered meanwhile"]
        late = {c.source: c.late for c in rig.crossings()}
        assert list(late.values()).count(True) == 3
        assert not late[first]


async def test_a_message_deleted_while_perkd_was_away_is_deleted_on_the_other_side(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        message, _ = rig.say("gone soon"), rig.say("stays")
        answer, _ = rig.desk_says("gone too"), rig.desk_says("stays too")
        await trio.sleep(2)
    rig.delete(message)
    rig.desk_deletes(answer)
    async with rig.running():
        await trio.sleep(10)
        assert rig.chat_bodies() == ["stays"]
        assert rig.thread().bodies() == ["stays too"]


async def test_an_end_typed_while_perkd_was_away_is_obeyed_after_what_came_before(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
    rig.say("last words")
    rig.say("!end", command="end")
    async with rig.running():
        await rig.until(lambda: not rig.sessions())
        await rig.until_free()
        assert [m for c in rig.world.chats.values() for m in c.delivered()] == ["last words"]


async def test_the_replay_is_bounded_and_the_thread_is_told(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.change(replay_max=3)
    async with rig.running():
        await rig.opened()
    for number in range(5):
        rig.say(f"m{number}")
    async with rig.running():
        await trio.sleep(10)
        assert rig.chat_bodies() == ["m2", "m3", "m4"]
        (skipped,) = [m for m in rig.thread().of_bot(notices=True) if m.notice.word is Word.SKIPPED]
        assert skipped.notice.value("count") == 2
    async with rig.running():
        await trio.sleep(10)
        assert rig.thread().words().count(Word.SKIPPED) == 1


async def test_what_is_too_old_is_not_replayed(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
    rig.say("ancient")
    await trio.sleep(POLICY.replay_age + 1)
    rig.say("fresh")
    async with rig.running():
        await trio.sleep(10)
        assert rig.chat_bodies() == ["fresh"]
        assert rig.thread().words() == [Word.WELCOME, Word.SKIPPED]


async def test_a_banned_account_is_replaced_and_nothing_waits_for_ever(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.say("over the first")
        await trio.sleep(2)
        first = rig.session().account
        rig.world.chat(first).dead = "USER_DEACTIVATED_BAN"
        rig.say("over the second")
        await trio.sleep(30)
        second = rig.session().account
        assert second != first
        assert rig.world.chat(second).bodies() == ["over the second"]
        assert rig.account_states()[first] is AccountState.DEAD
        rig.desk_says("hello again")
        await trio.sleep(5)
        assert rig.thread().bodies() == ["hello again"]
        await rig.check_sum()


async def test_without_another_account_the_session_waits_for_one(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        rig.world.chat("a").limited = True
        rig.say("kept")
        await trio.sleep(60)
        assert rig.account_states() == {"a": AccountState.LIMITED}
        assert rig.state() is SessionState.OPEN
        rig.world.chat("a").limited = False
        await trio.sleep(POLICY.limited + 600)
        assert rig.chat_bodies() == ["kept"]


async def test_a_late_answer_never_reaches_the_next_member(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("1")
        rig.say("secret question", "1")
        await trio.sleep(2)
        old = rig.world.chat("a").messages[-1].id
        rig.click("2")
        await trio.sleep(1)
        rig.say("!end", "1", command="end")
        rig.desk_says("late, at once", account="a")
        await rig.until(lambda: rig.state("2") is SessionState.OPEN)
        rig.desk_says("late, as a reply", account="a", reply_to=old)
        rig.desk_says("for the second", account="a")
        await trio.sleep(60)
        assert rig.thread("2").bodies() == ["for the second"]
        staff = [body for notice, body in rig.world.staff_log if notice.word is Word.LATE_ANSWER]
        assert "late, as a reply" in staff


async def test_a_late_answer_that_came_while_perkd_was_away_is_not_replayed_to_the_next(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    rig.world.steps.delay = lambda name: 30.0 if name == "desk.send before" else 0.0
    async with rig.running():
        await rig.until_free()
        rig.click("2")
        await rig.until(lambda: bool(rig.sessions() and rig.session("2").account))
        rig.connected = False
        rig.desk_says("for somebody before", account="a")
        rig.connected = True
        await rig.until(lambda: rig.state("2") is SessionState.OPEN)
        await trio.sleep(5)
        assert rig.thread("2").bodies() == []
        assert [body for _, body in rig.world.staff_log] == ["for somebody before"]


async def test_the_store_away_for_a_minute_loses_nothing(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.store.away = True
        for number in range(3):
            rig.say(f"q{number}")
            rig.desk_says(f"a{number}", account=rig.session().account)
        await trio.sleep(60)
        rig.store.away = False
        await trio.sleep(120)
        assert rig.chat_bodies() == ["q0", "q1", "q2"]
        assert rig.thread().bodies() == ["a0", "a1", "a2"]


async def test_no_text_is_ever_stored(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.say("SECRETWORD one")
        rig.desk_says("SECRETWORD two")
        await trio.sleep(5)
        rig.edit(rig.say("x"), "SECRETWORD three")
        await trio.sleep(5)
    assert "SECRETWORD" not in repr(rig.store.history)


@pytest.mark.parametrize("lost", [False, True])
async def test_what_can_not_cross_is_said_on_both_sides_once(autojump_clock: object, lost: bool) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        if lost:
            rig.world.steps.lose("discord.send")
            rig.world.steps.lose("desk.send", 2)
        rig.say("look:\nhuge film")
        rig.desk_says("huge archive")
        await trio.sleep(30)
        at_desk, in_thread = (sorted(map(str, b)) for b in (rig.chat_bodies(), rig.thread().bodies()))
        assert at_desk == ["(too large)", "could not cross: ['huge archive']", "look:"]
        assert in_thread == ["(too large)", "could not cross: ['huge film']"]


async def test_the_real_planner_splits_marks_and_says_what_is_too_large(autojump_clock: object) -> None:
    limits = Limits(text=4096, caption=1024, file=1000, files=10, request=5000)
    rig = VIPRig(planner=RelayPlanner(limits, limits))
    async with rig.running():
        await rig.opened()
        film = File(FileKind.VIDEO, "film.mp4", size=2000, source="url")
        rig.say(Incoming(RichText("look"), files=(film,)))
        long = rig.say(
            Incoming(RichText("x " * 3000), name="Sue"), author="50", roles=frozenset({STAFF_ROLE})
        )
        await trio.sleep(5)
        first, *parts = rig.chat_bodies()
        assert (first.text.text, first.after[0].text) == ("look", Say.TOO_LARGE)
        assert [said.text for said in rig.thread().bodies()[0].after] == [Say.TOO_LARGE_BACK]
        assert len(parts) == 2
        assert parts[0].before[0] == Said.of(Say.STAFF, name="name-50")
        rig.edit(long, Incoming(RichText("short"), edited_at=1.0))
        await trio.sleep(5)
        assert [p.text.text for p in rig.chat_bodies()] == ["look", "short"]
        assert {c.kinds for c in rig.crossings()} == {("text",)}
