"""What fails for one message or member holds up nothing else; clocks that were wrong; new lives of codes."""

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Channel, CodeState, Outcome, Post, Redemption, Registration
from actors.ports import Progress, Put
from tests.worlds.announcing import DONE, SNOW, NewsRig, a_guild

HAIL = evolve(SNOW, code="HAIL", first_seen=20.0)


@pytest.mark.parametrize("fault", ["poison", "unfit"])
async def test_a_new_code_does_not_wait_for_an_older_one_that_can_not_be_posted(autojump_clock, fault):
    rig = NewsRig()
    getattr(rig.board, fault).add("SNOW")
    await rig.add(a_guild(), SNOW)
    async with rig.running():
        await trio.sleep(20_000)  # it is tried once an hour by now
        assert "SNOW" in (await rig.numbers()).failing or "unfit" in (await rig.numbers()).failing
        await rig.add(HAIL)
        await trio.sleep(1)
        assert rig.board.posted == [("g", "g", "HAIL")]
        getattr(rig.board, fault).clear()
        await trio.sleep(3700)
        assert (await rig.numbers()).failing == ""
    assert rig.board.posted == [("g", "g", "HAIL"), ("g", "g", "SNOW")]


@pytest.mark.parametrize("fault", ["poison", "unfit"])
async def test_a_message_that_can_not_be_edited_holds_up_no_post(autojump_clock, fault, caplog):
    rig = NewsRig()
    await rig.add(a_guild(), SNOW)
    async with rig.running():
        await trio.sleep(20)
        getattr(rig.board, fault).add("SNOW")
        for _ in range(200):
            rig.move("g", DONE)
            await trio.sleep(10)
        assert len([what for what, _, _ in rig.board.calls if what == "edit"]) < 20
        await rig.add(HAIL)
        await trio.sleep(1)
    assert rig.board.posted == [("g", "g", "SNOW"), ("g", "g", "HAIL")]
    told = [record for record in caplog.records if "could not be made" in record.message]
    assert [record.levelname for record in told].count("ERROR") == 1


async def test_a_member_who_can_not_be_told_by_a_fault_of_the_program_does_not_crash_the_announcer(
    autojump_clock, caplog
):
    rig = NewsRig()
    rig.board.poison.add("members")
    rig.board.gone.add("g")
    await rig.add(a_guild("g"), a_guild("h"), SNOW)
    async with rig.running() as tree:
        await trio.sleep(1000)
        assert [child.restarts for child in tree.snapshot().children] == [0, 0]
    assert rig.board.posted == [("h", "h", "SNOW")]
    assert "Could not tell ann of that" in caplog.text


async def test_guilds_whose_codes_move_all_the_time_starve_no_other(autojump_clock):
    rig = NewsRig()
    names = [f"g{n:02}" for n in range(60)]
    await rig.add(*(a_guild(name) for name in names), SNOW, HAIL)
    async with rig.running():
        await trio.sleep(20)
        rig.board.slow.update(dict.fromkeys(names, 1.9))  # eight at once: too few for all
        for number in range(30):
            for name in names:
                for code in (SNOW, HAIL):
                    rig.move(name, Progress(total=100, redeemed=number, waiting=100 - number), code)
            await trio.sleep(2)
    edits = [len(message.edits) for message in rig.board.messages]
    assert min(edits) >= 1


# --- clocks and activations ---------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [100.0, 3600.0, 30 * 86400.0])
async def test_what_was_posted_while_the_clock_was_ahead_is_found(autojump_clock, ahead):
    rig = NewsRig()
    await rig.add(a_guild(), SNOW)
    rig.board.lost.add("g")
    async with rig.running():
        await trio.sleep(1)
        rig.kill()
    (message,), (intent,) = rig.board.messages, rig.posts()
    rig.board.lost.clear()
    await rig.store.commit(Put(evolve(intent, intended_at=intent.intended_at + ahead)))
    message.nonce = ""  # as after minutes
    await trio.sleep(30)
    async with rig.running():
        await trio.sleep(30)
    assert rig.board.messages == [message]
    assert rig.posts()[0].message == message.id


async def test_a_new_activation_is_posted_also_where_the_first_one_was_not_yet_owed(autojump_clock):
    rig = NewsRig()
    late = evolve(a_guild("h"), channels=(Channel("h", since=50.0),))
    await rig.add(a_guild("g"), late, SNOW)
    async with rig.running():
        await trio.sleep(20)
        assert rig.board.posted == [("g", "g", "SNOW")]
        await rig.add(evolve(SNOW, state=CodeState.EXPIRED, ended_at=60.0))
        await trio.sleep(20)
        await rig.add(evolve(SNOW, activation=2, began_at=70.0))
        await trio.sleep(20)
    assert sorted(rig.board.posted) == [("g", "g", "SNOW"), ("g", "g", "SNOW"), ("h", "h", "SNOW")]


async def test_what_an_older_perkd_posted_is_not_posted_again_nor_looked_at(autojump_clock):
    rig = NewsRig()
    codes = [evolve(SNOW, code=f"C{n}", activation=1 + n % 3) for n in range(9)]
    old = [Post("g", "g", code.game, code.code, code.activation, at=20.0) for code in codes]
    await rig.store.commit(*map(Put, old))
    await rig.add(a_guild(), *codes)
    async with rig.running():
        await trio.sleep(1000)
        rig.move("g", DONE, codes[0])
        await trio.sleep(1000)
    assert rig.board.calls == []
    assert rig.posts() == old


async def test_members_are_not_mentioned_again_when_the_channel_where_they_were_is_given_up(autojump_clock):
    rig = NewsRig()
    await rig.store.commit(
        Put(Registration("g", "ann", "wos", "1", mention=True)),
        Put(Redemption("wos", "1", "SNOW", 1, Outcome.REDEEMED)),
    )
    await rig.add(a_guild("g", "a", "b"), SNOW)
    async with rig.running():
        rig.move("g", DONE)
        await trio.sleep(20)
        await rig.add(a_guild("g", "b"))
        await trio.sleep(20)
        rig.move("g", Progress(total=4, redeemed=4))
        await trio.sleep(20)
    async with rig.running():
        await trio.sleep(20)
    assert [mention.channel for mention in rig.board.mentions] == ["a"]
