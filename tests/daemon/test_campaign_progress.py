"""With the real campaign: what a message shows is what became of the guild's players."""

import trio
from attrs import evolve

from actors.giftcodes.model import Channel, CodeState, Guild, Post, Registration, Wish
from actors.ports import Progress, Put
from daemon.assembly import ANNOUNCER, CAMPAIGN
from daemon.simulator import SimCode, SimGame
from supervision.testing import crash
from tests.worlds.giftcodes import Rig, make_rig
from tests.worlds.paper_board import PaperMessage


def a_rig() -> Rig:
    game = SimGame(name="wos", key="k")
    game.add_code(SimCode("SNOW"))
    return make_rig(game)


async def add_guild(rig: Rig, id_: str, *fids: str, mention: bool = False, **changes) -> None:
    guild = evolve(Guild(id_, id_.upper(), channels=(Channel(id_, 0.0),)), **changes)
    mine = [Registration(id_, f"m{fid}", "wos", fid, mention=mention) for fid in fids]
    await rig.store.commit(Put(guild), *map(Put, mine))


def message(rig: Rig, channel: str) -> PaperMessage:
    (found,) = rig.board.live(channel, "SNOW")
    return found


def progress(rig: Rig, channel: str) -> Progress:
    return message(rig, channel).announcement.progress


async def test_each_guild_sees_its_own_players_and_its_message_ends_complete(autojump_clock):
    rig = a_rig()
    await rig.add_players(60)
    await add_guild(rig, "g", *[str(1000 + n) for n in range(40)], mention=True)
    await add_guild(rig, "h", *[str(1000 + n) for n in range(35, 60)])
    async with rig.running():
        await rig.find_code("SNOW")
        await trio.sleep(1)
        assert progress(rig, "g").total == 40
        await rig.until_settled("SNOW", 60)
        await trio.sleep(10)
        assert progress(rig, "g") == Progress(total=40, redeemed=40)
        assert progress(rig, "h") == Progress(total=25, redeemed=25)
        edits = len(rig.board.calls)
        await trio.sleep(1000)
        assert len(rig.board.calls) == edits
    assert (
        len(message(rig, "g").edits) == 2
    )  # the rate window lets thirty through, and the rest a minute later
    (mention,) = rig.board.mentions
    assert mention.mention.members == tuple(sorted(f"m{1000 + n}" for n in range(40)))


async def test_a_code_that_ends_shows_so_with_all_its_outcomes(autojump_clock):
    rig = make_rig()
    await rig.add_players(4)
    await add_guild(rig, "g", "1000", "1001", "1002", "1003")
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until(lambda: rig.code("SNOW").state is not CodeState.LIVE)
        await trio.sleep(20)
    shown = message(rig, "g").announcement
    assert shown.code.state is not CodeState.LIVE
    assert shown.progress.done
    assert sum(count for _, count in shown.progress.failed) == shown.progress.total == 4


async def test_a_player_that_registers_late_is_shown_but_nobody_is_mentioned_twice(autojump_clock):
    rig = a_rig()
    await rig.add_players(3)
    await add_guild(rig, "g", "1000", "1001", mention=True)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 3)
        await trio.sleep(20)
        assert progress(rig, "g") == Progress(total=2, redeemed=2)
        await rig.store.commit(Put(Registration("g", "late", "wos", "1002", mention=True)))
        await rig.changed("registrations")
        await trio.sleep(20)
        assert progress(rig, "g") == Progress(total=3, redeemed=3)
    assert len(rig.board.mentions) == 1


async def test_a_guild_that_pauses_is_not_done_and_its_members_are_mentioned_when_it_goes_on(autojump_clock):
    rig = a_rig()
    await rig.add_players(40)
    await add_guild(rig, "g", *[str(1000 + n) for n in range(40)], mention=True)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 10)
        for paused in (True, False):
            (guild,) = rig.store.backend.find(Guild)
            await rig.store.commit(Put(evolve(guild, paused=paused)))
            await rig.changed("guilds")
            await trio.sleep(600)
            seen = message(rig, "g").announcement
            assert (seen.paused, seen.progress.total) == (paused, 40)
            assert seen.progress.done is not paused
            assert len(rig.board.mentions) == (0 if paused else 1)
    (mention,) = rig.board.mentions
    assert len(mention.mention.members) == 40


async def test_a_guild_where_nothing_is_redeemed_unasked_counts_those_who_ask(autojump_clock):
    rig = a_rig()
    await rig.add_players(3)
    await add_guild(rig, "g", "1000", "1001", auto_redeem=False)
    async with rig.running():
        await rig.find_code("SNOW")
        await trio.sleep(30)
        assert progress(rig, "g") == Progress(on_request=True)
        await rig.store.commit(Put(Wish("wos", "1001", "SNOW", 1, rig.clock.now(), "g", "m1001")))
        await rig.changed("wishes")
        await trio.sleep(60)
        assert progress(rig, "g") == Progress(total=1, redeemed=1)


async def test_players_who_got_it_elsewhere_or_do_not_exist_are_told_apart(autojump_clock):
    rig = a_rig()
    await rig.add_players(2)
    rig.world.games["wos"].remember("SNOW", ["1000"])
    await rig.add_players(1, start=5000, state="9")
    await add_guild(rig, "g", "1000", "1001", "5000")
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 3)
        await trio.sleep(20)
    seen = progress(rig, "g")
    assert (seen.total, seen.redeemed, seen.already) == (3, 1, 1)
    assert sum(count for _, count in seen.failed) + seen.retrying == 1


async def test_crashes_of_both_leave_every_message_complete(autojump_clock):
    rig = a_rig()
    await rig.add_players(20)
    await add_guild(rig, "g", *[str(1000 + n) for n in range(20)], mention=True)
    async with rig.running() as tree:
        await rig.find_code("SNOW")
        for n in range(6):
            await trio.sleep(7)
            crash(tree.ref((ANNOUNCER, CAMPAIGN)[n % 2]))
        await rig.until_settled("SNOW", 20)
        await trio.sleep(30)
    assert progress(rig, "g") == Progress(total=20, redeemed=20)
    assert len(rig.board.mentions) == 1
    assert [post for post in rig.store.backend.find(Post) if post.at is None] == []
