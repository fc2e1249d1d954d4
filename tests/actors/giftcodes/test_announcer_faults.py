"""What fails for one message, or for one member, holds up nothing else."""

import pytest
import trio
from attrs import evolve

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
