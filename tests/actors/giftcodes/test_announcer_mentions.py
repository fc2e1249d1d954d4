"""A member who asked for it is told once of a code that is done: also who comes later, and after faults."""

import pytest
import trio
from attrs import evolve

from actors.giftcodes.announcing_told import AGAIN
from actors.giftcodes.model import CodeState, Outcome, Post, PostKind, Redemption, Registration
from actors.ports import MENTIONED_AT_ONCE, Delete, Progress, Put, StoreUnavailable
from tests.worlds.announcing import DONE, SNOW, WAITING, NewsRig, a_guild


async def a_rig(*members: str, channels: tuple[str, ...] = ("g",), **settings) -> NewsRig:
    """A code that is posted as soon as there is life; these members asked to be told, and have it."""
    rig = NewsRig()
    await rig.add(a_guild("g", *channels, **settings), SNOW)
    await register(rig, *members)
    return rig


async def register(rig: NewsRig, *members: str, outcome: Outcome = Outcome.REDEEMED) -> None:
    for member in members:
        fid = f"of {member}"
        await rig.store.commit(
            Put(Registration("g", member, "wos", fid, mention=True)),
            Put(Redemption("wos", fid, "SNOW", 1, outcome, last_at=rig.clock.now())),
        )


def done(total: int) -> Progress:
    return Progress(total=total, redeemed=total)


def told(rig: NewsRig) -> list[tuple[str, ...]]:
    return [message.mention.members for message in rig.board.mentions]


def records(rig: NewsRig) -> list[Post]:
    return [post for post in rig.posts() if post.kind is PostKind.MENTION]


# --- who comes later ----------------------------------------------------------------------------


async def test_who_comes_later_is_mentioned_too_once_and_some_time_after_the_others(autojump_clock):
    rig = await a_rig("ann", auto_redeem=False)
    rig.otherwise = Progress(on_request=True)
    async with rig.running():
        await trio.sleep(10)
        rig.move("g", done(1))
        await trio.sleep(20)
        for number, member in enumerate(["ben", "cleo"], start=2):
            await register(rig, member)
            rig.move("g", done(number))
            await trio.sleep(100)
        assert told(rig) == [("ann",)]
        await trio.sleep(AGAIN)
        assert told(rig) == [("ann",), ("ben", "cleo")]
        await trio.sleep(10 * AGAIN)
    first, second = rig.board.mentions
    assert second.at - first.at >= AGAIN
    assert second.mention.announcement.progress == done(3)
    assert [post.members for post in records(rig)] == told(rig)


async def test_who_comes_later_is_mentioned_also_where_perkd_was_started_again(autojump_clock):
    rig = await a_rig("ann")
    async with rig.running():
        await trio.sleep(10)
        rig.move("g", done(1))
        await trio.sleep(20)
    await register(rig, "ben")
    rig.progress[SNOW.code_key, "g"] = done(2)
    for _ in range(3):
        async with rig.running():
            await trio.sleep(100)
            assert told(rig) == [("ann",)]
    async with rig.running():
        await trio.sleep(AGAIN)
    assert told(rig) == [("ann",), ("ben",)]


@pytest.mark.parametrize("away", [None, 1.0, 5 * AGAIN])
async def test_who_came_shortly_before_the_code_ended_is_told_of_its_end(autojump_clock, away):
    rig = await a_rig("ann")
    ended = evolve(SNOW, state=CodeState.EXPIRED)
    async with rig.running():
        await trio.sleep(10)
        rig.move("g", done(1))
        await trio.sleep(20)
        await register(rig, "ben")
        await rig.add(evolve(ended, ended_at=rig.clock.now()))
        await trio.sleep(2 * AGAIN if away is None else 20)
    if away is not None:
        assert told(rig) == [("ann",)]
        await trio.sleep(away)
        async with rig.running():
            await trio.sleep(2 * AGAIN)
    assert told(rig) == [("ann",), ("ben",)]
    assert rig.board.mentions[1].mention.announcement.code.state is CodeState.EXPIRED


async def test_a_clock_that_was_ahead_lets_nobody_wait_for_days(autojump_clock):
    rig = await a_rig("ann", "ben")
    later = rig.clock.now() + 1e6
    sent = Post(
        "g", "g", "wos", "SNOW", 1, later, PostKind.MENTION, later, "n", "m", "live:x", members=("ann",)
    )
    await rig.store.commit(Put(sent))
    rig.otherwise = done(2)
    async with rig.running():
        await trio.sleep(2 * AGAIN)
    assert told(rig) == [("ben",)]


async def test_who_is_still_tried_for_is_not_told_and_is_told_when_that_is_over(autojump_clock):
    rig = await a_rig("ann")
    await register(rig, "ben", outcome=Outcome.PENDING)
    async with rig.running():
        await trio.sleep(10)
        rig.move("g", done(1))
        await trio.sleep(2 * AGAIN)
        assert told(rig) == [("ann",)]
        await register(rig, "ben")
        rig.move("g", done(2))
        await trio.sleep(20)
    assert told(rig) == [("ann",), ("ben",)]


async def test_while_nothing_moves_nobody_is_looked_for(autojump_clock):
    rig = await a_rig("ann")
    async with rig.running():
        await trio.sleep(10)
        rig.move("g", done(1))
        await trio.sleep(2 * AGAIN)
        rig.store.away = True  # what asks the store now fails
        rig.move("g", done(1))
        await trio.sleep(20)
        assert (await rig.numbers()).failing == ""


async def test_of_what_an_older_perkd_told_nobody_knows_whom_so_nobody_is_told_again(autojump_clock):
    rig = await a_rig("ann")
    old = Post("g", "g", "wos", "SNOW", 1, 5.0, PostKind.MENTION, 5.0, "n", "m")
    assert old.key == "g/g/wos/SNOW/1/mention"
    await rig.store.commit(Put(old))
    rig.otherwise = DONE
    async with rig.running():
        await trio.sleep(2 * AGAIN)
    assert (told(rig), records(rig)) == ([], [old])


# --- many ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("restarts", [0, 6])
async def test_many_members_take_several_messages_and_each_is_bounded_by_itself(autojump_clock, restarts):
    members = [f"m{number:03}" for number in range(3 * MENTIONED_AT_ONCE + 5)]
    rig = await a_rig(*members)
    rig.board.slow["g"] = 20.0
    rig.otherwise = done(len(members))
    for _ in range(restarts):
        async with rig.running():
            await trio.sleep(30)
    async with rig.running():
        await trio.sleep(300)
    assert [len(those) for those in told(rig)] == [MENTIONED_AT_ONCE] * 3 + [5]
    assert sorted(member for those in told(rig) for member in those) == members
    assert [post.number for post in records(rig)] == [0, 1, 2, 3]


async def test_a_code_is_posted_between_two_messages_that_mention(autojump_clock):
    rig = await a_rig(*[f"m{number:03}" for number in range(2 * MENTIONED_AT_ONCE)])
    async with rig.running():
        await trio.sleep(10)
        rig.board.slow["g"] = 10.0
        rig.move("g", DONE)
        await trio.sleep(15)
        await rig.add(evolve(SNOW, code="HAIL"))
        await trio.sleep(100)
    assert [what for what, _, _ in rig.board.calls if what != "edit"] == [
        "post",
        "mention",
        "post",
        "mention",
    ]


# --- what fails ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", [False, True])
async def test_a_mention_that_was_refused_is_made_when_the_permission_is_back(autojump_clock, ends):
    rig = await a_rig("ann")
    async with rig.running():
        await trio.sleep(10)
        rig.board.muted.add("g")
        rig.move("g", DONE)
        if ends:
            await rig.add(evolve(SNOW, state=CodeState.EXPIRED, ended_at=rig.clock.now()))
        await trio.sleep(600)
        tried = [at for what, _, at in rig.board.calls if what == "mention"]
        assert 5 <= len(tried) <= 10
        assert "Send Messages" in (await rig.numbers()).failing
        assert [post.members for post in records(rig)] == [()]
    async with rig.running():
        rig.board.muted.clear()
        await trio.sleep(1200)
        assert (await rig.numbers()).failing == ""
    assert told(rig) == [("ann",)]
    assert [post.at is None for post in records(rig)] == [False]


async def test_a_channel_that_takes_no_new_messages_is_kept_up_to_date_all_the_same(autojump_clock):
    rig = await a_rig("ann")
    await rig.add(evolve(SNOW, code="HAIL"))
    async with rig.running():
        await trio.sleep(10)
        rig.board.muted.add("g")
        rig.move("g", DONE)
        await trio.sleep(100)
        rig.move("g", DONE, evolve(SNOW, code="HAIL"))
        await trio.sleep(10)
        (hail,) = rig.board.live("g", "HAIL")
        assert hail.announcement.progress == DONE
    assert rig.board.alerts == []


async def test_an_outage_longer_than_the_nonce_is_kept_costs_nobody_the_mention(autojump_clock):
    rig = await a_rig("ann")
    async with rig.running():
        await trio.sleep(10)
        rig.board.step = lambda name: name == "before mention" and rig.board.refused.add("g")
        rig.move("g", DONE)
        await trio.sleep(1000)
        rig.board.step = None
        rig.board.refused.clear()
        await trio.sleep(1000)
    assert told(rig) == [("ann",)]


@pytest.mark.parametrize("minutes", [1, 50])
async def test_what_was_sent_without_an_answer_is_found_and_nobody_is_told_twice(autojump_clock, minutes):
    rig = await a_rig("ann")
    async with rig.running():
        await trio.sleep(10)
        rig.board.step = lambda name: name == "before mention" and rig.board.lost.add("g")
        rig.move("g", DONE)
        await trio.sleep(60 * minutes)
        rig.board.step = None
        rig.board.lost.clear()
        await register(rig, "ben")
        rig.move("g", done(4))
        await trio.sleep(3000)
    assert told(rig) == [("ann",), ("ben",)]
    assert [(post.members, post.message) for post in records(rig)] == [
        ((m.mention.members), m.id) for m in rig.board.mentions
    ]


async def test_a_kill_after_the_store_was_away_costs_nobody_the_mention_of_the_end(autojump_clock):
    rig = await a_rig("ann")
    find, shows_end = rig.store.find, []

    async def away_once(type_, **equal):
        if equal.get("kind") and not shows_end:
            shows_end.append(True)
            rig.store.step = lambda name: name == "after commit" and rig.kill()
            raise StoreUnavailable("the store is away (switched by the test)")
        return await find(type_, **equal)

    rig.store.find = away_once
    async with rig.running():
        await trio.sleep(10)
        await rig.add(evolve(SNOW, state=CodeState.EXPIRED, ended_at=rig.clock.now()))
        rig.otherwise = done(1)
        await trio.sleep(100)
    assert shows_end
    rig.store.step = None
    async with rig.running():
        await trio.sleep(100)
    assert told(rig) == [("ann",)]


async def test_what_may_have_been_sent_and_is_refused_now_is_tried_less_and_less_often(autojump_clock):
    rig = await a_rig("ann")
    async with rig.running():
        await trio.sleep(10)
        steps = {"before mention": rig.board.lost, "after mention": rig.board.muted}
        rig.board.step = lambda name: name in steps and steps[name].add("g")
        rig.move("g", DONE)
        await trio.sleep(80)
        assert len([what for what, _, _ in rig.board.calls if what == "mention"]) == 5
        rig.board.step = None
        rig.board.lost.clear()
        await trio.sleep(4000)
    assert told(rig) == [("ann",)]
    assert [post.at is None for post in records(rig)] == [False]


async def test_who_was_erased_meanwhile_is_neither_looked_for_nor_mentioned(autojump_clock):
    rig = await a_rig()
    doubtful = Post("g", "g", "wos", "SNOW", 1, None, PostKind.MENTION, 5.0, "n", "", "live:x")
    await rig.store.commit(Put(doubtful))
    rig.otherwise = DONE
    async with rig.running():
        await trio.sleep(100)
    assert "find" not in [what for what, _, _ in rig.board.calls]
    assert (told(rig), records(rig)) == ([], [])


@pytest.mark.parametrize("what", ["mention", "find"])
async def test_who_is_erased_while_the_message_is_on_its_way_stays_erased(autojump_clock, what):
    rig = await a_rig("ann", "ben")
    rig.otherwise = DONE

    def erase(step: str) -> None:
        if what == "find":  # it is sent, and that is learned later
            rig.board.lost = {"g"} if step.endswith("mention") else set()
        if step == f"after {what}":
            (post,), gone = records(rig), Registration("g", "ann", "wos", "of ann")
            changes = [Put(evolve(post, members=("ben",))), Delete(Registration, gone.key)]
            rig.store.backend.commit(changes)

    rig.board.step = erase
    async with rig.running():
        await trio.sleep(3600)
    assert told(rig) == [("ann", "ben")]
    assert [(post.at is None, post.members) for post in records(rig)] == [(False, ("ben",))]


# --- where --------------------------------------------------------------------------------------


async def test_where_the_first_channel_is_gone_members_are_mentioned_in_the_next_one(autojump_clock):
    rig = await a_rig("ann", channels=("a", "b"))
    rig.board.gone.add("a")
    async with rig.running():
        await trio.sleep(10)
        rig.move("g", DONE)
        await trio.sleep(100)
        rig.board.gone.clear()
        await trio.sleep(4000)
    assert [(m.channel, m.mention.members) for m in rig.board.mentions] == [("b", ("ann",))]


@pytest.mark.parametrize("fault", ["gone", "muted"])
async def test_where_the_first_channel_fails_later_members_are_mentioned_in_the_next_one(
    autojump_clock, fault
):
    rig = await a_rig("ann", channels=("a", "b"))
    async with rig.running():
        await trio.sleep(10)
        getattr(rig.board, fault).add("a")
        rig.move("g", DONE)
        await trio.sleep(300)
        assert [(m.channel, m.mention.members) for m in rig.board.mentions] == [("b", ("ann",))]
        getattr(rig.board, fault).clear()
        await trio.sleep(8000)
        assert (await rig.numbers()).failing == ""
    assert len(rig.board.mentions) == 1
    assert [post.at is None for post in records(rig)] == [False]


async def test_where_a_message_may_have_been_sent_nobody_is_told_in_another_channel(autojump_clock):
    rig = await a_rig("ann", channels=("a", "b"))
    async with rig.running():
        await trio.sleep(10)
        rig.board.lost.add("a")
        rig.board.step = lambda name: name == "after mention" and rig.board.gone.add("a")
        rig.move("g", DONE)
        await trio.sleep(4000)
        rig.board.step = None
        rig.board.lost.clear()
        rig.board.gone.clear()
        rig.move("g", WAITING)
        rig.move("g", DONE)
        await trio.sleep(8000)
    assert [(m.channel, m.mention.members) for m in rig.board.mentions] == [("a", ("ann",))]


async def test_what_was_not_sent_in_one_channel_is_said_in_the_first_one_that_works_again(autojump_clock):
    rig = await a_rig("ann", channels=("a", "b"))
    async with rig.running():
        await trio.sleep(10)
        rig.board.muted.add("a")
        rig.board.step = lambda _: rig.board.calls[-1][:2] == ("mention", "b") and rig.board.refused.add("b")
        rig.move("g", DONE)
        await trio.sleep(100)
        rig.board.muted.clear()
        await trio.sleep(1000)
        assert told(rig) == []  # it may have been said in the other one
        rig.board.step = None
        rig.board.refused.clear()
        await trio.sleep(1000)
    assert [(m.channel, m.mention.members) for m in rig.board.mentions] == [("a", ("ann",))]
