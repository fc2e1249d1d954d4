"""An announcer that crashes again and again takes nothing else of the gift codes along."""

import trio

from actors.giftcodes.announcing_round import Office
from daemon.simulator import SimCode
from supervision import Crashed
from tests.worlds.giftcodes import make_rig


async def test_codes_are_redeemed_while_the_announcer_crashes_for_hours(autojump_clock, monkeypatch):
    async def fault(_: Office) -> None:
        raise ZeroDivisionError("ordered by the test")

    monkeypatch.setattr(Office, "read", fault)
    rig = make_rig()
    await rig.add_players(40)
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    async with rig.running() as tree:
        await rig.until_found("SNOW")
        await rig.until_settled("SNOW", 40)
        await trio.sleep(6 * 3600)
        assert tree.supervisor("giftcodes").child("announcer").restarts > 20
        assert tree.supervisor().child("giftcodes").restarts == 0
    assert {event.path for event in rig.trace.of(Crashed)} == {"perkd/giftcodes/announcer"}
