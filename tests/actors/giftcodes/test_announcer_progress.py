"""A message about a code shows how far it is, and mentions once those who asked for it when it is done."""

from itertools import pairwise

import pytest
import trio
from attrs import evolve

from actors.giftcodes.announcing_messages import CodesMoved
from actors.giftcodes.model import (
    Channel,
    Code,
    CodeState,
    Outcome,
    Post,
    PostKind,
    Redemption,
    Registration,
)
from actors.ports import Progress, Put
from tests.worlds.announcing import DONE, SNOW, WAITING, NewsRig, a_guild

ENDED = evolve(SNOW, state=CodeState.EXPIRED)


async def a_rig(*records) -> NewsRig:
    rig = NewsRig()
    await rig.add(*(records or (a_guild(), SNOW)))
    return rig


async def register(rig: NewsRig, *members: str, guild: str = "g", mention: bool = True) -> None:
    """Each of these members registered a player, who got the code."""
    for number, member in enumerate(members):
        fid = f"{guild}{number}"
        await rig.store.commit(
            Put(Registration(guild, member, "wos", fid, mention=mention)),
            Put(Redemption("wos", fid, "SNOW", 1, Outcome.REDEEMED, "SUCCESS")),
        )


def shown(rig: NewsRig, channel: str = "g") -> Progress | None:
    (message,) = rig.board.live(channel, "SNOW")
    return message.announcement.progress


async def test_a_new_message_shows_the_progress_of_its_guild_at_once(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(1)
        assert shown(rig) == WAITING


async def test_a_campaign_that_says_nothing_delays_no_post(autojump_clock):
    rig = await a_rig()
    rig.teller_crashes = True
    async with rig.running():
        await trio.sleep(2)
        assert shown(rig) is None
        rig.teller_crashes = False
        await trio.sleep(10)
        assert shown(rig) == WAITING


async def test_a_message_is_edited_when_its_code_has_moved_and_at_most_every_five_seconds(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        for n in range(300):
            rig.move("g", Progress(total=300, redeemed=n, waiting=300 - n))
            await trio.sleep(0.31)
        rig.move("g", Progress(total=300, redeemed=300))
        await trio.sleep(6)
    (message,) = rig.board.messages
    times = [message.at, *message.edits]
    assert min(b - a for a, b in pairwise(times)) >= 5.0
    assert len(message.edits) >= 17
    assert shown(rig) == Progress(total=300, redeemed=300)


async def test_nothing_is_asked_and_nothing_edited_while_nothing_moves(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(20)
        asked = len(rig.asked)
        await trio.sleep(10_000)
        assert len(rig.asked) == asked
        rig.announcer.tell(CodesMoved(frozenset({(SNOW.code_key, "g")})))
        await trio.sleep(100)
        assert len(rig.asked) == asked + 1
    assert rig.board.messages[0].edits == []


async def test_a_move_of_other_guilds_is_no_news(autojump_clock):
    rig = await a_rig(a_guild("g"), a_guild("h"), SNOW)
    async with rig.running():
        await trio.sleep(20)
        rig.asked.clear()
        rig.move("h", DONE)
        await trio.sleep(20)
    assert rig.asked == [(SNOW.code_key, "h")]


async def test_what_is_shown_is_recorded_and_not_edited_again_after_a_restart(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(10)
        rig.move("g", DONE)
        await trio.sleep(20)
    for _ in range(3):
        async with rig.running():
            await trio.sleep(20)
    assert len(rig.board.messages[0].edits) == 1


async def test_what_moved_while_nobody_lived_is_shown_after_a_restart(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(10)
    rig.move("g", DONE)
    async with rig.running():
        await trio.sleep(10)
    assert shown(rig) == DONE


async def test_an_edit_that_failed_is_made_later(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(10)
        rig.board.down = True
        rig.move("g", DONE)
        await trio.sleep(100)
        rig.board.down = False
        await trio.sleep(100)
    assert shown(rig) == DONE


async def test_posts_go_before_edits(autojump_clock):
    guilds = [a_guild(f"g{n}") for n in range(20)]
    rig = await a_rig(*guilds, SNOW)
    async with rig.running():
        await trio.sleep(10)
        rig.board.slow = {f"g{n}": 0.5 for n in range(20)}
        rig.board.calls.clear()
        for guild in guilds:
            rig.move(guild.id, DONE)
        await rig.add(evolve(SNOW, code="HAIL"))
        await trio.sleep(20)
    begun = [(at, what) for what, _, at in rig.board.calls]
    edits = [at for at, what in begun if what == "edit"][8:]  # eight had begun when the code came
    assert len(edits) == 12
    assert min(edits) >= max(at for at, what in begun if what == "post")


async def test_an_ended_code_is_shown_once_as_the_store_has_it(autojump_clock):
    rig = await a_rig()
    await register(rig, "ann", "bob", mention=False)
    await rig.store.commit(Put(Registration("g", "eve", "wos", "bad")))
    failed = Redemption("wos", "bad", "SNOW", 1, Outcome.FAILED, "EXPIRED")
    stranger = Redemption("wos", "stranger", "SNOW", 1, Outcome.REDEEMED)
    await rig.store.commit(Put(failed), Put(stranger), Put(evolve(failed, fid="g0", activation=2)))
    async with rig.running():
        await trio.sleep(20)
        rig.asked.clear()
        await rig.add(evolve(ENDED, ended_at=rig.clock.now()))
        await trio.sleep(20)
    async with rig.running():
        await trio.sleep(20)
    (message,) = rig.board.messages
    assert message.announcement.code.state is CodeState.EXPIRED
    assert shown(rig) == Progress(total=3, redeemed=2, failed=(("EXPIRED", 1),))
    assert len(message.edits) == 1
    assert rig.asked == []


async def test_an_end_nobody_lived_to_show_is_shown_after_a_restart_but_not_weeks_later(autojump_clock):
    rig = await a_rig(a_guild(), SNOW, evolve(SNOW, code="HAIL"))
    async with rig.running():
        await trio.sleep(20)
    now = rig.clock.now()
    await rig.add(evolve(ENDED, ended_at=now), evolve(ENDED, code="HAIL", ended_at=now - 8 * 86400))
    async with rig.running():
        await trio.sleep(20)
    edited = {m.announcement.code.code: len(m.edits) for m in rig.board.messages}
    assert edited == {"SNOW": 1, "HAIL": 0}


async def test_a_pair_that_is_settled_after_the_end_is_shown(autojump_clock):
    rig = await a_rig()
    await register(rig, "ann", mention=False)
    late = Redemption("wos", "late", "SNOW", 1)
    await rig.store.commit(Put(Registration("g", "eve", "wos", "late")), Put(late))
    async with rig.running():
        await trio.sleep(20)
        await rig.add(evolve(ENDED, ended_at=rig.clock.now()))
        await trio.sleep(20)
        assert shown(rig).waiting == 1
        await rig.store.commit(Put(evolve(late, outcome=Outcome.REDEEMED)))
        rig.announcer.tell(CodesMoved(frozenset({(SNOW.code_key, "g")})))
        await trio.sleep(20)
    assert shown(rig) == Progress(total=2, redeemed=2)


async def test_a_new_activation_is_a_new_message_and_the_old_one_is_left(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(20)
        await rig.add(evolve(SNOW, activation=2))
        await trio.sleep(20)
        rig.move("g", DONE)
        await trio.sleep(20)
    first, second = rig.board.messages
    assert (len(first.edits), len(second.edits)) == (0, 1)


# --- deleted messages ---------------------------------------------------------------------------


async def test_a_deleted_message_is_made_anew_once_and_then_stays_away(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        for n in range(5):
            await trio.sleep(20)
            for message in rig.board.messages:
                rig.board.delete(message)
            rig.move("g", Progress(total=9, redeemed=n, waiting=9 - n))
            await trio.sleep(20)
    assert len(rig.board.messages) == 2
    assert rig.board.messages[0].nonce != rig.board.messages[1].nonce


async def test_a_deleted_message_of_an_ended_code_stays_away(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(20)
        rig.board.delete(rig.board.messages[0])
        await rig.add(evolve(ENDED, ended_at=rig.clock.now()))
        await trio.sleep(100)
    assert len(rig.board.messages) == 1


# --- mentions -----------------------------------------------------------------------------------


async def test_members_who_asked_for_it_are_mentioned_once_in_the_first_channel(autojump_clock):
    rig = await a_rig(a_guild("g", "a", "b"), SNOW)
    await register(rig, "ann", "bob", "ann")
    await register(rig, "nobody", guild="other")
    await rig.store.commit(Put(Registration("g", "silent", "wos", "g0")))
    await rig.store.commit(Put(Registration("g", "without", "wos", "g9", mention=True)))
    async with rig.running():
        await trio.sleep(10)
        assert rig.board.mentions == []
        rig.move("g", DONE)
        await trio.sleep(20)
        rig.move("g", Progress(total=4, redeemed=3, waiting=1))
        await trio.sleep(20)
        rig.move("g", Progress(total=4, redeemed=4))
        await trio.sleep(20)
    async with rig.running():
        await trio.sleep(20)
    (mention,) = rig.board.mentions
    assert mention.channel == "a"
    assert mention.mention.members == ("ann", "bob")
    assert mention.mention.announcement.progress == DONE
    assert shown(rig, "a") == shown(rig, "b") == Progress(total=4, redeemed=4)
    kinds = [post.kind for post in rig.posts()]
    assert kinds.count(PostKind.MENTION) == 1


@pytest.mark.parametrize(
    ("changes", "progress"),
    [({"summary": False}, DONE), ({}, Progress()), ({}, Progress(total=3, redeemed=2, retrying=1))],
)
async def test_nobody_is_mentioned_where_it_is_not_wanted_or_not_done(autojump_clock, changes, progress):
    rig = await a_rig(a_guild(**changes), SNOW)
    await register(rig, "ann")
    async with rig.running():
        await trio.sleep(10)
        rig.move("g", progress)
        await trio.sleep(20)
    assert rig.board.mentions == []


async def test_a_code_that_ends_is_done_too(autojump_clock):
    rig = await a_rig()
    await register(rig, "ann")
    async with rig.running():
        await trio.sleep(20)
        await rig.add(evolve(ENDED, ended_at=rig.clock.now()))
        await trio.sleep(20)
    assert [m.mention.members for m in rig.board.mentions] == [("ann",)]


async def test_a_mention_whose_answer_was_lost_is_not_made_twice(autojump_clock):
    rig = await a_rig()
    await register(rig, "ann")
    async with rig.running():
        await trio.sleep(10)
        rig.board.step = lambda name: name == "before mention" and rig.board.lost.add("g")
        rig.move("g", DONE)
        await trio.sleep(3000)
        rig.board.step = None
        rig.board.lost.clear()
        await trio.sleep(3000)
    assert len(rig.board.mentions) == 1
    (post,) = [post for post in rig.posts() if post.kind is PostKind.MENTION]
    assert post.at is not None


async def test_where_the_first_channel_has_other_games_the_next_one_is_the_first(autojump_clock):
    other = Channel("a", 0.0, games=("ks",))
    rig = await a_rig(evolve(a_guild("g"), channels=(other, Channel("b", 0.0))), SNOW)
    await register(rig, "ann")
    rig.otherwise = DONE
    async with rig.running():
        await trio.sleep(20)
    assert [m.channel for m in rig.board.mentions] == ["b"]


async def test_a_channel_without_messages_is_not_asked_about(autojump_clock):
    rig = await a_rig()
    post = Post("g", "g", "wos", "SNOW", 1, at=1.0)  # as of a terminal, and of an older perkd
    await rig.store.commit(Put(post))
    async with rig.running():
        rig.move("g", DONE)
        await trio.sleep(100)
    assert rig.asked == []
    assert rig.posts() == [post]


async def test_a_guild_that_redeems_nothing_unasked_any_more_shows_that(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(20)
        await rig.add(evolve(a_guild(), auto_redeem=False))
        await trio.sleep(20)
    assert rig.board.messages[0].announcement.auto_redeem is False


async def test_codes_that_are_not_known_are_no_news(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(20)
        rig.move("g", DONE, Code("wos", "NEVER"))
        rig.move("nowhere", DONE)
        await trio.sleep(20)
        assert (await rig.numbers()).failing == ""
    assert shown(rig) == WAITING
