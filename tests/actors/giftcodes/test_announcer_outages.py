"""A campaign or a store that is away while messages are looked at: later they show what is so."""

import trio
from attrs import evolve

from actors.giftcodes.announcing_messages import CodesMoved
from actors.giftcodes.model import CodeState, Guild, Outcome, Redemption, Registration
from actors.ports import Delete, Progress, Put
from daemon.storage.memory import MemoryStore
from tests.worlds.announcing import DONE, SNOW, NewsRig, a_guild


async def a_rig(*records) -> NewsRig:
    rig = NewsRig()
    await rig.add(*(records or (a_guild(), SNOW)))
    return rig


async def test_a_campaign_that_is_away_is_asked_again(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await trio.sleep(20)
        rig.teller_crashes = True
        rig.move("g", DONE)
        await trio.sleep(60)
        assert len(rig.asked) < 20
        rig.teller_crashes = False
        await trio.sleep(40)  # its restarts are up to 30 s apart by now
        assert rig.board.messages[0].announcement.progress == DONE


async def test_a_campaign_that_does_not_know_a_code_yet_tells_by_itself_and_is_not_asked_again(
    autojump_clock,
):
    rig = await a_rig()
    rig.otherwise = None
    async with rig.running():
        await trio.sleep(1000)
        assert len(rig.asked) == 2  # with the post, and once after it
        assert rig.board.messages[0].announcement.progress is None  # not: for nobody
        rig.otherwise = DONE
        rig.announcer.tell(CodesMoved(everything=True))
        await trio.sleep(6)
    assert rig.board.messages[0].announcement.progress == DONE


async def test_a_guild_whose_players_are_others_is_looked_at_as_a_whole(autojump_clock):
    rig = await a_rig(a_guild("g"), a_guild("h"), SNOW, evolve(SNOW, code="HAIL"))
    async with rig.running():
        await trio.sleep(20)
        rig.asked.clear()
        rig.announcer.tell(CodesMoved(guilds=frozenset({"h"})))
        await trio.sleep(20)
    assert sorted((key.code, guild) for key, guild in rig.asked) == [("HAIL", "h"), ("SNOW", "h")]


async def test_ended_codes_are_shown_when_the_store_is_back(autojump_clock):
    codes = [evolve(SNOW, code=f"C{n}") for n in range(8)]
    rig = await a_rig(a_guild(), *codes)
    await rig.store.commit(Put(Registration("g", "ann", "wos", "1")))
    await rig.store.commit(*[Put(Redemption("wos", "1", c.code, 1, Outcome.REDEEMED)) for c in codes])
    async with rig.running():
        await trio.sleep(30)
        failing = MemoryStore.find

        async def find(store, type_, **equal):
            store.outages = int(type_ is Redemption)
            return await failing(store, type_, **equal)

        type(rig.store).find = find
        try:
            await rig.add(*(evolve(c, state=CodeState.USED_UP, ended_at=rig.clock.now()) for c in codes))
            await trio.sleep(100)
            assert all(message.edits == [] for message in rig.board.messages)
        finally:
            del type(rig.store).find
        await trio.sleep(100)
    for message in rig.board.messages:
        assert message.announcement.code.state is CodeState.USED_UP
        assert message.announcement.progress == Progress(total=1, redeemed=1)
        assert len(message.edits) == 1


async def test_a_guild_that_is_gone_gets_nothing_more(autojump_clock):
    rig = await a_rig(a_guild("g"), a_guild("h"), SNOW, evolve(SNOW, code="TAIL", first_seen=20.0))
    rig.board.slow["g"] = 3.0
    async with rig.running():
        await trio.sleep(1)
        await rig.store.commit(Delete(Guild, "g"))
        rig.changed()
        await trio.sleep(100)
        assert (await rig.numbers()).waiting == 0
    assert sorted(rig.board.posted) == [("g", "g", "SNOW"), ("h", "h", "SNOW"), ("h", "h", "TAIL")]
    assert [post for post in rig.posts() if post.at is None] == []


async def test_a_channel_that_is_set_up_anew_while_a_post_is_on_its_way_gets_it_once(autojump_clock):
    rig = await a_rig()
    rig.board.slow["g"] = 3.0
    async with rig.running():
        await trio.sleep(1)
        await rig.add(evolve(a_guild(), channels=()))
        await trio.sleep(1)
        await rig.add(a_guild())
        await trio.sleep(100)
    assert len(rig.board.messages) == 1
    assert [what for what, _, _ in rig.board.calls] == ["post"]
