"""An edit, or a deletion, at every moment of a message's way: none is passed over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from actors.vip.ports import Refused
from tests.worlds.vip_rig import VIPRig

STEP = 0.1
"""Seconds that each await on the world takes."""
MOMENTS = range(40)


@asynccontextmanager
async def _slow_talk() -> AsyncIterator[VIPRig]:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda _: STEP
        yield rig


async def _wait(moment: int) -> None:
    await trio.sleep((moment + 0.5) * STEP)


async def test_an_edit_in_the_thread_arrives_whenever_it_comes(autojump_clock: object) -> None:
    for moment in MOMENTS:
        async with _slow_talk() as rig:
            written = rig.say("tow")
            await _wait(moment)
            rig.edit(written, "two")
            await trio.sleep(30)
            assert rig.chat_bodies() == ["two"], moment
            assert not any(crossing.open for crossing in rig.crossings())


async def test_an_edit_at_the_desk_arrives_whenever_it_comes(autojump_clock: object) -> None:
    for moment in MOMENTS:
        async with _slow_talk() as rig:
            written = rig.desk_says("nein")
            await _wait(moment)
            rig.desk_edits(written, "nine")
            await trio.sleep(30)
            assert rig.thread().bodies() == ["nine"], moment


async def test_a_second_edit_arrives_whenever_it_comes(autojump_clock: object) -> None:
    for moment in MOMENTS:
        async with _slow_talk() as rig:
            written = rig.say("one")
            await trio.sleep(10)
            rig.edit(written, "two\nand more")
            await _wait(moment)
            rig.edit(written, "three")
            await trio.sleep(30)
            assert rig.chat_bodies() == ["three"], moment


@pytest.mark.parametrize("edited", [False, True])
async def test_a_deletion_arrives_whenever_it_comes(autojump_clock: object, edited: bool) -> None:
    for moment in MOMENTS:
        async with _slow_talk() as rig:
            here, there = rig.say("here"), rig.desk_says("there")
            if edited:
                await trio.sleep(10)
                rig.edit(here, "here\nand here")
                rig.desk_edits(there, "there\nand there")
            await _wait(moment)
            rig.delete(here)
            rig.desk_deletes(there)
            await trio.sleep(60)
            assert rig.chat_bodies() == [], moment
            assert rig.thread().bodies() == [], moment
            assert not any(crossing.open for crossing in rig.crossings())


async def test_a_deletion_arrives_also_while_an_edit_is_being_refused(autojump_clock: object) -> None:
    for moment in MOMENTS:
        async with _slow_talk() as rig:
            written = rig.say("one")
            await trio.sleep(10)
            rig.world.steps.fail("desk.edit", Refused("MESSAGE_EDIT_TIME_EXPIRED"))
            rig.edit(written, "two")
            await _wait(moment)
            rig.delete(written)
            await trio.sleep(60)
            assert rig.chat_bodies() == [], moment


async def test_an_edit_arrives_also_while_an_earlier_one_is_being_refused(autojump_clock: object) -> None:
    for moment in MOMENTS:
        async with _slow_talk() as rig:
            written = rig.say("one")
            await trio.sleep(10)
            rig.world.refuse = {"two"}
            rig.edit(written, "two")
            await _wait(moment)
            rig.edit(written, "three")
            await trio.sleep(60)
            assert rig.chat_bodies() == ["three"], moment
            assert not any(crossing.open for crossing in rig.crossings())
