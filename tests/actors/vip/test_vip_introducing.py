"""The desk reads nothing of a member that was not introduced to it."""

import trio

from actors.vip.model import EndReason
from actors.vip.ports import AccountDead, Unreachable
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig


async def test_what_a_member_wrote_before_an_introduction_that_failed_reaches_no_desk(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.until_free()
        rig.world.steps.outage.add("desk.send")
        ticket = rig.click()
        await rig.until(lambda: any("7" in thread.members for thread in rig.world.threads.values()))
        rig.say("who are you?")
        while not rig.answers(ticket):  # noqa: ASYNC110 - at that very moment
            await trio.sleep(0.01)
        rig.world.steps.outage.clear()
        await rig.until(lambda: not rig.sessions())
        await rig.until_free()
        assert rig.world.chat("a").everything == []
        assert [one.reason for one in rig.closed()] == [EndReason.OPENING_FAILED]


async def test_nor_does_it_through_an_account_that_a_session_moved_to(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        await rig.opened()
        first = rig.session().account
        away = [Unreachable("away")] * 2
        rig.world.steps.fail("desk.send", AccountDead("banned"), *away)
        rig.say("one")
        await rig.until(lambda: rig.session().account not in {"", first})
        second = rig.session().account
        rig.say("two")
        assert rig.session().desk_from == ""
        rig.say("!end", command="end")
        await rig.until(lambda: not rig.sessions())
        assert rig.world.chat(second).everything == []
        assert Word.ENDED in rig.thread().words()
        assert rig.closed()[0].undelivered == 2
