"""Who is forgotten while its session ends of something else is forgotten, also in another life."""

import trio

from actors.giftcodes.model import Audit
from actors.vip.messages import EndSession, ForgetSession, Member
from actors.vip.model import EndReason, SessionState
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import STAFF, VIPRig

OWNER = Member(GUILD, "7")


async def test_what_ends_already_is_erased_after_a_restart(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("discord")
        rig.office.tell(EndSession(OWNER, "ticket", STAFF))
        await trio.sleep(100)
        assert rig.session().ending is EndReason.STAFF
        rig.office.tell(ForgetSession(OWNER, "forget"))
        await trio.sleep(10)
        assert (rig.state(), rig.session().ending) == (SessionState.ENDING, EndReason.FORGOTTEN)
    rig.world.steps.outage.clear()
    async with rig.running():
        await rig.until_free()
        await rig.until(lambda: not rig.sessions())
        assert rig.closed() == []
        (audit,) = rig.store.backend.find(Audit)
        assert (audit.member, "7" in audit.details) == (STAFF.id, False)


async def test_what_is_forgotten_and_ended_in_one_moment_is_erased(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.office.tell(ForgetSession(OWNER, "forget"))
        rig.clear()
        await rig.until_free()
        await rig.until(lambda: not rig.sessions())
        assert rig.closed() == []
        assert all("7" not in audit.details for audit in rig.store.backend.find(Audit))
