"""Accounts through which the desk can't be written to, as it has blocked them."""

import pytest
import trio

from actors.vip.model import AccountState, SessionState
from actors.vip.ports import AccountDead, Refused
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig


def _out(rig: VIPRig) -> list[tuple[object, object]]:
    notices = [notice for notice, _ in rig.world.staff_log if notice.word is Word.ACCOUNT_OUT]
    return [(notice.value("account"), notice.value("state")) for notice in notices]


async def test_an_account_that_the_desk_has_blocked_is_out_and_another_one_opens(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.chat("a").blocked = True
        ticket = await rig.opened()
        assert rig.answers(ticket) == [Word.OPENED]
        assert rig.session().account == "b"
        assert rig.account_states() == {"a": AccountState.LIMITED, "b": AccountState.LEASED}
        assert _out(rig) == [("a", "limited")]
        assert len(rig.world.threads) == 1


async def test_where_every_account_is_blocked_members_wait_and_are_served_when_one_is_not(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.until_free()
        rig.world.chat("a").blocked = True
        ticket = rig.click()
        await rig.until(lambda: rig.answers(ticket) == [Word.QUEUED])
        await trio.sleep(3600)
        assert rig.world.chat("a").everything == []
        assert _out(rig) == [("a", "limited")]
        rig.world.chat("a").blocked = False
        await rig.until(lambda: rig.state() is SessionState.OPEN, within=rig.policy.limited)
        assert rig.thread().words() == [Word.WELCOME]


@pytest.mark.parametrize("blocked", [True, False])
async def test_a_session_that_moves_goes_on_past_a_blocked_account(
    autojump_clock: object, blocked: bool
) -> None:
    rig = VIPRig(accounts=("a", "b", "c"))
    async with rig.running():
        await rig.until_free()
        await rig.opened()
        first = rig.session().account
        rig.world.chat("b").blocked = blocked
        rig.world.steps.fail("desk.send", AccountDead("banned"))
        rig.say("hello")
        await rig.until(
            lambda: any("hello" in chat.bodies() for chat in rig.world.chats.values()), within=300
        )
        assert rig.session().account == ("c" if blocked else "b")
        assert len(_out(rig)) == 1 + blocked
        assert rig.account_states()[first] is AccountState.DEAD


async def test_a_name_that_telegram_refuses_takes_no_account_out(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.steps.fail("desk.send", Refused("the name"))
        await rig.opened()
        (introduction,) = rig.world.chat(rig.session().account).messages
        assert introduction.notice is not None
        assert introduction.notice.value("name") == "7"
        assert AccountState.LIMITED not in rig.account_states().values()
