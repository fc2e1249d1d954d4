"""A board that is back: what waited is tried at once; a channel set up anew that fails is told of anew."""

import logging

import trio
from attrs import evolve

from actors.giftcodes.announcer import BoardBack
from actors.giftcodes.model import Channel, ChannelTrouble
from actors.ports import BoardAway
from tests.worlds.announcing import SNOW, NewsRig, a_guild


async def a_rig(*records) -> NewsRig:
    rig = NewsRig()
    await rig.add(*(records or (a_guild(), SNOW)))
    return rig


async def test_what_failed_is_tried_at_once_when_the_board_is_back(autojump_clock):
    rig = await a_rig()
    rig.board.down = True
    async with rig.running():
        await trio.sleep(1000)
        rig.board.down = False
        before = rig.clock.now()
        rig.announcer.tell(BoardBack())
        await trio.sleep(1)
        (message,) = rig.board.messages
        assert message.at - before < 0.1


async def test_a_board_that_is_still_away_is_not_asked_more_often_for_it(autojump_clock):
    rig = await a_rig()
    rig.board.down = True
    async with rig.running():
        await trio.sleep(1000)
        tries = len(rig.board.calls)
        rig.announcer.tell(BoardBack())
        await trio.sleep(250)
        assert len(rig.board.calls) == tries + 1


async def test_a_board_that_is_away_is_told_of_once_for_all_channels_and_is_no_warning(
    autojump_clock, caplog, monkeypatch
):
    caplog.set_level(logging.INFO)
    rig = await a_rig(*(a_guild(f"g{n}") for n in range(20)), SNOW)

    async def away(*_: object) -> str:
        await trio.lowlevel.checkpoint()
        raise BoardAway("Discord is away: it has not connected yet")

    monkeypatch.setattr(type(rig.board), "post", away)
    monkeypatch.setattr(type(rig.board), "find", away)
    async with rig.running():
        await trio.sleep(1000)
    said = [record for record in caplog.records if "Discord is away" in record.getMessage()]
    assert [record.levelno for record in said] == [logging.INFO]


async def test_a_channel_that_was_set_up_anew_and_fails_again_is_told_of_again(autojump_clock):
    guild = a_guild()
    rig = await a_rig(guild, SNOW)
    rig.board.gone.add("g")
    async with rig.running():
        await trio.sleep(10)
        assert len(rig.board.alerts) == 1
        await rig.add(evolve(guild, channels=(Channel("g", 0.0, by="ben"),)))
        await trio.sleep(10)
        assert [member for _, member, _ in rig.board.alerts] == ["ann", "ben"]
        assert len(rig.store.backend.find(ChannelTrouble)) == 1
