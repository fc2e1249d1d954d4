"""A session goes on through another account: the member is told so, once."""

import pytest
import trio

from actors.vip.ports import Forbidden
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig

DEAD = "USER_DEACTIVATED_BAN"
MOVED = [Word.WELCOME, Word.ACCOUNT_MOVED]


async def _moves(rig: VIPRig) -> None:
    """The account dies, and another takes its place."""
    old = rig.session().account
    rig.world.chat(old).dead = DEAD
    rig.say(f"written while {old} is dead")
    await rig.until(lambda: bool(rig.session().desk_from) and rig.session().account not in {"", old})
    await trio.sleep(5)


async def test_the_member_is_told_of_another_account_and_what_it_wrote_arrives(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        await _moves(rig)
        assert rig.thread().words() == MOVED
        assert rig.chat_bodies()[-1] == "written while a is dead"
        rig.desk_says("here I am")
        await trio.sleep(5)
        assert rig.thread().words() == MOVED


async def test_each_move_is_told(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a", "b", "c"))
    async with rig.running():
        await rig.opened()
        await _moves(rig)
        await _moves(rig)
        assert rig.thread().words() == [*MOVED, Word.ACCOUNT_MOVED]


async def test_it_is_told_when_there_is_another_account_and_not_before(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a", "b"))
    async with rig.running():
        await rig.opened("3")
        await rig.opened("4")
        rig.world.chat(rig.session("3").account).dead = DEAD
        rig.say("hello", "3")
        await trio.sleep(300)
        assert rig.thread("3").words() == [Word.WELCOME]
        rig.say("!end", "4", command="end")
        await rig.until(lambda: rig.thread("3").words() == MOVED)
        await trio.sleep(5)
        assert rig.chat_bodies("3")[-1] == "hello"


async def test_a_thread_that_takes_no_word_of_it_does_not_stop_the_session(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.send", Forbidden("403"))
        await _moves(rig)
        assert rig.thread().words() == [Word.WELCOME]
        assert rig.chat_bodies()[-1] == "written while a is dead"


async def _moving(kind: str, step: int) -> int:
    """A session moves; the process dies, or an actor crashes, at this step. Returns how many there were."""
    rig = VIPRig()
    steps = rig.world.steps
    async with rig.running():
        await rig.opened()
        rig.say("before")
        await trio.sleep(10)
        steps.log.clear()
        setattr(steps, f"{kind}_at", step)
        rig.world.chat("a").dead = DEAD
        rig.say("after")
        await trio.sleep(60)
        count = len(steps.log)
    steps.kill_at = steps.crash_at = None
    async with rig.running():
        await trio.sleep(60)
        assert rig.thread().words() == MOVED
        assert rig.session().account == "b"
        assert rig.chat_bodies()[-1] == "after"
    return count


@pytest.mark.parametrize("kind", ["kill", "crash"])
async def test_a_crash_at_any_step_of_the_move_leaves_it_told_once(autojump_clock: object, kind: str) -> None:
    steps = await _moving(kind, -1)
    assert steps > 20
    for step in range(steps):
        await _moving(kind, step)
