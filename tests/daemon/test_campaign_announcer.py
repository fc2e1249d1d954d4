"""Codes are posted to each channel they are owed to: after a failure again, after a success never."""

import trio

from actors.giftcodes.model import Channel, Guild, Post
from actors.ports import Put
from daemon.simulator import SimCode, SimGame
from supervision import Crashed
from tests.worlds.giftcodes import Rig, make_rig


def a_rig() -> Rig:
    game = SimGame(name="wos", key="k")
    game.add_code(SimCode("SNOW"), SimCode("HAIL"))
    return make_rig(game)


def posts(rig: Rig) -> list[str]:
    found = rig.store.backend.find(Post)
    return sorted(f"{post.channel} {post.code}" for post in found if post.at is not None)


async def test_a_code_is_marked_posted_only_after_the_post_succeeded(autojump_clock):
    rig = a_rig()
    rig.board.down = True
    async with rig.running():
        await rig.find_code("SNOW")
        await trio.sleep(600)
        assert posts(rig) == []
        rig.board.down = False
        await trio.sleep(300)
        assert posts(rig) == ["terminal SNOW"]
    assert rig.board.posted == [("terminal", "terminal", "SNOW")]


async def test_a_post_is_not_made_twice_after_restarts(autojump_clock):
    rig = a_rig()
    for _ in range(3):
        async with rig.running():
            await rig.find_code("SNOW")
            await trio.sleep(10)
    assert rig.board.posted == [("terminal", "terminal", "SNOW")]


async def test_a_post_that_could_not_be_recorded_is_recorded_later_and_not_made_again(autojump_clock):
    rig = a_rig()
    rig.board.after = lambda: setattr(rig.store, "away", True)
    async with rig.running():
        await rig.find_code("SNOW")
        await trio.sleep(60)
        rig.store.away = False
        await trio.sleep(600)
        assert posts(rig) == ["terminal SNOW"]
    assert len(rig.board.posted) == 1
    assert rig.trace.of(Crashed) == []


async def test_a_channel_is_owed_codes_of_its_games_first_seen_since_it_was_set_up(autojump_clock):
    rig = a_rig()
    async with rig.running():
        await rig.find_code("SNOW")
        await trio.sleep(100)
        channels = (
            Channel("new", rig.clock.now()),
            Channel("old", 0.0, ("wos",)),
            Channel("other", 0.0, ("ks",)),
        )
        await rig.store.commit(Put(Guild("g", "G", channels=channels)))
        await rig.find_code("HAIL")
        await trio.sleep(10)
    mine = [item for item in posts(rig) if not item.startswith("terminal")]
    assert mine == ["new HAIL", "old HAIL", "old SNOW"]


async def test_the_store_away_loses_no_post(autojump_clock):
    rig = a_rig()
    async with rig.running():
        await rig.find_code("SNOW")
        rig.store.away = True
        await trio.sleep(60)
        rig.store.away = False
        await trio.sleep(120)
    assert rig.board.posted == [("terminal", "terminal", "SNOW")]
    assert rig.trace.of(Crashed) == []


async def test_one_channel_that_fails_does_not_keep_another_from_its_codes(autojump_clock):
    rig = a_rig()
    await rig.store.commit(Put(Guild("g", "G", channels=(Channel("bad", 0.0), Channel("good", 0.0)))))
    rig.board.refused.add("bad")
    async with rig.running():
        await rig.find_code("SNOW")
        await trio.sleep(60)
        assert posts(rig) == ["good SNOW"]
        rig.board.refused.clear()
        await trio.sleep(600)
    assert posts(rig) == ["bad SNOW", "good SNOW"]
    assert len(rig.board.posted) == 2
