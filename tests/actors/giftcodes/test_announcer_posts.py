"""A code is posted to each channel it is owed to, once, whatever fails in between."""

import logging
from itertools import pairwise

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Channel, ChannelTrouble, Code, Post
from actors.ports import Put
from supervision.testing import crash
from tests.worlds.announcing import DONE, SNOW, NewsRig, a_guild

HAIL = Code("wos", "HAIL", first_seen=20.0)


async def a_rig(*records) -> NewsRig:
    rig = NewsRig()
    await rig.add(*(records or (a_guild(), SNOW)))
    return rig


async def test_an_intent_is_recorded_before_the_post_and_completed_after_it(autojump_clock):
    rig = await a_rig()
    rig.board.slow["g"] = 3.0
    async with rig.running():
        await trio.sleep(1)
        (intent,) = rig.posts()
        assert (intent.at, intent.message, intent.nonce) == (None, "", "n1")
        assert intent.intended_at == pytest.approx(rig.clock.now() - 1, abs=0.1)
        await trio.sleep(4)
        (post,) = rig.posts()
    assert post.at is not None
    assert (post.message, post.nonce) == (rig.board.messages[0].id, "n1")


async def test_guilds_are_served_in_the_order_of_their_priority_and_codes_by_age(autojump_clock):
    guilds = [a_guild(f"g{n}", priority=n) for n in range(20)]
    rig = await a_rig(*guilds, HAIL, SNOW)
    async with rig.running():
        await trio.sleep(3)
    first = [channel for _, channel, _ in rig.board.posted][:8]
    assert sorted(first) == sorted(f"g{n}" for n in range(12, 20))
    for guild in guilds:
        mine = [code for id_, _, code in rig.board.posted if id_ == guild.id]
        assert mine == ["SNOW", "HAIL"]


async def test_channels_that_do_not_answer_hold_up_no_other_guild(autojump_clock):
    rig = await a_rig(*(a_guild(f"g{n:02}", priority=-n) for n in range(30)), SNOW)
    rig.board.slow = {f"g{n:02}": 1e9 for n in range(20)}
    async with rig.running():
        await trio.sleep(10)
        assert sorted(channel for _, channel, _ in rig.board.posted) == [f"g{n}" for n in range(20, 30)]
        rig.board.slow.clear()
        await trio.sleep(60)
    assert len(rig.board.posted) == 30


async def test_a_channel_that_hangs_is_given_up_in_time_and_its_guild_goes_on(autojump_clock):
    rig = await a_rig(a_guild("g", "stuck", "fine"), SNOW)
    rig.board.slow["stuck"] = 1e9
    async with rig.running():
        await trio.sleep(35)
        assert [channel for _, channel, _ in rig.board.posted] == ["fine"]
        assert "no answer within 30 s" in (await rig.numbers()).failing


async def test_a_failing_channel_is_tried_less_and_less_often(autojump_clock):
    rig = await a_rig()
    rig.board.down = True
    async with rig.running():
        await trio.sleep(3600)
    times = [at for what, _, at in rig.board.calls if what in {"post", "find"}]
    gaps = [round(b - a) for a, b in pairwise(times)]
    assert gaps[:6] == [5, 10, 20, 40, 80, 160]
    assert set(gaps[7:]) == {300}


async def test_an_outage_is_spoken_of_once(autojump_clock, caplog):
    rig = await a_rig(*(a_guild(f"g{n}") for n in range(10)), SNOW)
    rig.board.down = True
    async with rig.running():
        await trio.sleep(1000)
        rig.board.down = False
        await trio.sleep(400)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert len(rig.board.posted) == 10


# --- the same nonce, and the search -------------------------------------------------------------


async def test_within_two_minutes_the_same_nonce_is_sent_again(autojump_clock):
    rig = await a_rig()
    rig.board.lost.add("g")
    async with rig.running():
        await trio.sleep(60)
        rig.board.lost.clear()
        await trio.sleep(60)
    assert len(rig.board.messages) == 1
    assert [what for what, _, _ in rig.board.calls if what == "find"] == []
    assert rig.posts()[0].message == rig.board.messages[0].id


async def test_later_our_message_is_searched_for_first_and_not_posted_anew(autojump_clock):
    rig = await a_rig()
    rig.board.lost.add("g")
    async with rig.running():
        await trio.sleep(140)
        rig.board.lost.clear()
        await trio.sleep(600)
    assert len(rig.board.messages) == 1
    assert "find" in [what for what, _, _ in rig.board.calls]
    assert rig.posts()[0].message == rig.board.messages[0].id


async def test_what_is_not_found_is_posted_with_a_new_nonce_and_a_new_intent(autojump_clock):
    rig = await a_rig()
    rig.board.down = True
    async with rig.running():
        await trio.sleep(140)
        rig.board.down = False
        await trio.sleep(600)
    (message,) = rig.board.messages
    (post,) = rig.posts()
    assert message.nonce == post.nonce == "n2"


async def test_a_clock_that_was_set_back_leads_to_a_search(autojump_clock):
    rig = await a_rig()
    future = rig.clock.now() + 5000
    await rig.store.commit(Put(Post("g", "g", "wos", "SNOW", 1, intended_at=future, nonce="old")))
    async with rig.running():
        await trio.sleep(10)
    assert [what for what, _, _ in rig.board.calls][:2] == ["find", "post"]
    assert rig.board.messages[0].nonce == "n1"


async def test_an_intent_of_an_older_perkd_without_a_time_is_searched_for(autojump_clock):
    rig = await a_rig()
    await rig.store.commit(Put(Post("g", "g", "wos", "SNOW", 1)))
    async with rig.running():
        await trio.sleep(10)
    assert [what for what, _, _ in rig.board.calls][:2] == ["find", "post"]


# --- channels that are gone ---------------------------------------------------------------------


async def test_who_set_up_a_channel_that_is_gone_is_told_once_and_its_setting_is_kept(autojump_clock, caplog):
    guild = a_guild()
    rig = await a_rig(guild, SNOW, HAIL)
    rig.board.gone.add("g")
    async with rig.running():
        await trio.sleep(1000)
        (trouble,) = rig.store.backend.find(ChannelTrouble)
        assert (await rig.numbers()).troubles == 1
    async with rig.running():
        await trio.sleep(10_000)
    assert (trouble.guild, trouble.channel, trouble.reason) == ("g", "g", "the channel is not there")
    assert trouble.told_at is not None
    ((id_, member, text),) = rig.board.alerts
    assert (id_, member) == ("g", "ann")
    assert "the channel is not there" in text
    assert rig.store.backend.find(type(guild)) == [guild]
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1
    tries = len([call for call in rig.board.calls if call[0] != "alert"])
    assert tries < 25  # at most once an hour in the end


async def test_a_success_clears_the_trouble(autojump_clock):
    rig = await a_rig()
    rig.board.gone.add("g")
    async with rig.running():
        await trio.sleep(100)
        rig.board.gone.clear()
        await trio.sleep(3700)
        assert (await rig.numbers()).troubles == 0
    assert rig.store.backend.find(ChannelTrouble) == []
    assert len(rig.board.posted) == 1


async def test_a_channel_that_is_set_up_anew_is_tried_at_once(autojump_clock):
    rig = await a_rig()
    rig.board.gone.add("g")
    async with rig.running():
        await trio.sleep(2000)
        rig.board.gone.clear()
        await rig.add(evolve(a_guild(), channels=(Channel("g", 0.0, by="bob"),)))
        await trio.sleep(2)
        assert len(rig.board.posted) == 1


async def test_a_channel_that_is_not_posted_to_any_more_is_in_no_trouble(autojump_clock):
    rig = await a_rig()
    rig.board.gone.add("g")
    async with rig.running():
        await trio.sleep(20)
        await rig.add(a_guild("g", "other"))
        await trio.sleep(5)
    assert rig.store.backend.find(ChannelTrouble) == []
    assert [channel for _, channel, _ in rig.board.posted] == ["other"]


async def test_a_member_who_can_not_be_told_is_not_tried_for_ever(autojump_clock):
    rig = await a_rig()
    rig.board.gone.add("g")
    rig.board.deaf.add("ann")
    async with rig.running():
        await trio.sleep(50_000)
    assert len([call for call in rig.board.calls if call[0] == "alert"]) == 3
    assert rig.store.backend.find(ChannelTrouble)[0].told_at is None


async def test_a_channel_nobody_is_known_to_have_set_up_is_still_shown_in_trouble(autojump_clock):
    rig = await a_rig(evolve(a_guild(), channels=(Channel("g", 0.0),)), SNOW)
    rig.board.gone.add("g")
    async with rig.running():
        await trio.sleep(50)
    assert rig.board.alerts == []
    assert len(rig.store.backend.find(ChannelTrouble)) == 1


# --- the store ----------------------------------------------------------------------------------


async def test_nothing_is_sent_whose_intent_is_not_recorded(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(10)
        await rig.add(HAIL)
        rig.store.refusing = True
        await trio.sleep(100)
        assert [code for _, _, code in rig.board.posted] == ["SNOW"]
        rig.store.refusing = False
        await trio.sleep(60)
    assert [code for _, _, code in rig.board.posted] == ["SNOW", "HAIL"]


async def test_a_post_that_could_not_be_recorded_is_recorded_first_of_all(autojump_clock):
    rig = await a_rig()
    rig.board.after = lambda: setattr(rig.store, "away", True)
    async with rig.running():
        await trio.sleep(200)
        assert rig.posts()[0].at is None
        rig.board.after = None
        rig.store.away = False
        await trio.sleep(60)
        (post,) = rig.posts()
    assert post.at is not None
    assert len([what for what, _, _ in rig.board.calls if what == "post"]) == 1


async def test_commits_whose_answers_are_lost_lead_to_one_message(autojump_clock):
    rig = await a_rig()
    rig.store.lose_answers = True
    async with rig.running():
        await trio.sleep(300)
        rig.store.lose_answers = False
        await trio.sleep(60)
    assert len(rig.board.messages) == 1


async def test_a_crash_of_the_actor_leaves_what_was_posted_alone(autojump_clock):
    rig = await a_rig(a_guild("g", "a", "b"), SNOW)
    async with rig.running():
        for _ in range(5):
            await trio.sleep(20)
            crash(rig.announcer)
        await trio.sleep(20)
    assert len(rig.board.messages) == 2


# --- faults of the program ----------------------------------------------------------------------


async def test_a_message_that_can_not_be_made_keeps_no_other_from_being_made(autojump_clock, caplog):
    rig = await a_rig(a_guild("g"), a_guild("h"), SNOW, HAIL)
    rig.board.poison.add("SNOW")
    async with rig.running() as tree:
        await trio.sleep(20)
        assert sorted(rig.board.posted) == [("g", "g", "HAIL"), ("h", "h", "HAIL")]
        assert "perkd failed at the message about SNOW" in (await rig.numbers()).failing
        await trio.sleep(10_000)
        assert "ZeroDivisionError" in caplog.text
        assert len([what for what, _, _ in rig.board.calls if what == "post"]) < 40
        rig.board.poison.clear()
        await trio.sleep(3700)
        assert [child.restarts for child in tree.snapshot().children] == [0, 0]
    assert len(rig.board.posted) == 4


async def test_an_edit_that_can_not_be_made_is_tried_again_when_the_code_has_moved(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(20)
        rig.board.poison.add("SNOW")
        rig.move("g", DONE)
        await trio.sleep(20)
        rig.board.poison.clear()
        rig.move("g", DONE)
        await trio.sleep(20)
    assert rig.board.messages[0].announcement.progress == DONE
