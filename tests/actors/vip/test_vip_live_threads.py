"""Who listens to Discord knows at every moment which threads are live sessions', and whose."""

from actors.vip.live_threads import LiveThreads
from actors.vip.messages import ClearSession, CompleteSession, Member
from actors.vip.model import SessionState
from actors.vip.words import Word
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import STAFF, VIPRig

ANN, BEN = Member(GUILD, "7"), Member(GUILD, "8")


def test_a_member_is_dropped_with_its_threads_and_nobody_else() -> None:
    live = LiveThreads()
    live.bind("1", ANN)
    live.bind("2", BEN)
    live.bind("3", ANN)
    live.drop(ANN)
    assert live.all() == {"2": BEN}
    assert live.owner("2") == BEN
    assert live.owner("1") is None


async def test_a_thread_is_live_from_before_its_member_is_in_it_until_its_end(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.steps.outage.add("discord.add_member")
        rig.click()
        await rig.until(lambda: bool(rig.world.threads))
        (thread,) = rig.world.threads
        await rig.until(lambda: rig.live.owner(thread) == ANN)
        assert rig.world.threads[thread].members <= {"1"}
        rig.world.steps.outage.clear()
        await rig.until(lambda: rig.state() is SessionState.OPEN)
        rig._event(rig.office, ClearSession(ANN, "t", STAFF))
        await rig.until(lambda: not rig.sessions())
        await rig.until(lambda: rig.live.owner(thread) is None)


async def test_after_a_restart_and_after_a_crash_of_the_desk_they_are_known_again(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
    thread = rig.thread().id
    rig.live.clear()
    async with rig.running():
        await rig.until(lambda: rig.live.owner(thread) == ANN)
        rig.live.bind("of another life", BEN)
        rig.office.tell("it crashes, since this means nothing to it")
        await rig.until(lambda: rig.live.all() == {thread: ANN})
        rig.say("still heard")
        await rig.until(lambda: "still heard" in rig.chat_bodies())


async def test_staff_who_complete_an_upgrade_read_whether_the_role_was_given(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened("7")
        rig._event(rig.office, CompleteSession(ANN, "first", STAFF))
        await rig.until(lambda: not rig.sessions())
        await rig.opened("8")
        rig.world.steps.outage.add("discord.give_role")
        rig._event(rig.office, CompleteSession(BEN, "second", STAFF))
        await rig.until(lambda: not rig.sessions())
    assert Word.ROLE_GIVEN in rig.answers("first")
    assert Word.ROLE_FAILED in rig.answers("second")
    assert Word.CLEAR_DONE in rig.answers("second")
