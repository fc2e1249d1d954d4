"""The reaction below a message tells what became of it, also where the work was put down in between."""

import pytest
import trio

from actors.vip.messages import EndSession, Member, Staff, ThreadsResync
from actors.vip.model import AccountState
from actors.vip.pool_messages import AccountOut, RestoreAccount
from actors.vip.ports import Forbidden, Mark, Unreachable
from tests.worlds.vip import GUILD, find
from tests.worlds.vip_rig import VIPRig

OWNER = Member(GUILD, "7")


def mark_of(rig: VIPRig, message: str) -> Mark | None:
    return find(rig.thread().messages, message).mark


async def test_what_has_arrived_is_marked_though_the_other_direction_is_forbidden(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.mark", *[Unreachable("HTTP 503")] * 3)
        message = rig.say("hello")
        await rig.until(lambda: rig.chat_bodies() == ["hello"])
        rig.world.steps.fail("discord.send", *[Forbidden("HTTP 403")] * 3)
        rig.desk_says("hi")
        await trio.sleep(60)
        assert mark_of(rig, message) is Mark.SENT


@pytest.mark.parametrize("moment", range(30))
async def test_what_is_put_down_at_any_moment_of_its_way_is_marked(
    autojump_clock: object, moment: int
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        message = rig.say("hello")
        for _ in range(moment):
            await trio.lowlevel.checkpoint()
        rig.office.tell(ThreadsResync())
        await trio.sleep(60)
        assert (rig.chat_bodies(), mark_of(rig, message)) == (["hello"], Mark.SENT)


async def test_what_arrives_as_the_session_ends_is_marked(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("desk.send")
        message = rig.say("hello")
        await trio.sleep(5)
        assert mark_of(rig, message) is Mark.WAITING
        rig.office.tell(EndSession(OWNER, "t-end", Staff("7")))
        await trio.sleep(1)
        rig.world.steps.outage.clear()
        await rig.until(rig.closed)
        assert mark_of(rig, message) is Mark.SENT
        assert rig.closed()[0].undelivered == 0


async def test_a_mark_that_can_t_be_shown_holds_no_end_up(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("discord.mark")
        rig.say("hello")
        await trio.sleep(5)
        rig.office.tell(EndSession(OWNER, "t-end", Staff("7")))
        began = trio.current_time()
        await rig.until(rig.closed)
        assert trio.current_time() - began < 10


async def test_a_mark_of_one_account_is_never_put_on_a_message_of_another(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        lost = rig.session().account
        rig.world.steps.outage.add("desk.mark")
        message = rig.desk_says("hi")
        await trio.sleep(5)
        rig.pool.tell(AccountOut(lost, AccountState.DEAD, "banned"))
        await rig.until(lambda: rig.session().account not in {"", lost})
        await rig.until(lambda: rig.world.chat(rig.session().account).messages)
        introduction = rig.world.chat(rig.session().account).messages[0]
        introduction.id = message
        rig.world.steps.outage.clear()
        await trio.sleep(60)
        assert introduction.mark is None


async def test_what_is_written_while_the_session_has_no_account_is_shown_to_wait(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        lost = rig.session().account
        rig.world.chat(lost).dead = "banned"
        rig.pool.tell(AccountOut(lost, AccountState.DEAD, "banned"))
        await trio.sleep(10)
        message, strange = rig.say("anybody?"), rig.say("me too", author="99")
        await trio.sleep(10)
        assert (mark_of(rig, message), mark_of(rig, strange)) == (Mark.WAITING, None)
        rig.world.chat(lost).dead = ""
        await rig.pool.ask(RestoreAccount(lost))
        await trio.sleep(60)
        assert (rig.chat_bodies(), mark_of(rig, message)) == (["anybody?"], Mark.SENT)
