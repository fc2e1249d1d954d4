"""Registering and asking for codes in a daemon that runs: the real verifier, campaign and simulator."""

from typing import Any

import pytest
import trio
from attrs import evolve

from actors.giftcodes.campaign_messages import StoreChanged
from actors.giftcodes.model import Outcome, Player, Redemption
from actors.giftcodes.verifier import verify
from daemon.assembly import CAMPAIGN, VERIFIER
from daemon.service import Refused, Service, forget, guild_settings, register_player, unregister, wish
from daemon.service.guild_settings import By
from daemon.simulator import Fault, SimCode, SimPlayer
from tests.worlds.giftcodes import make_rig

EVE = By("77", "Snow", "eve")


def a_service(rig: Any) -> Service:
    """As the daemon makes it."""
    return Service(
        rig.store,
        rig.clock,
        lambda: {"wos": "v2"},
        lambda collections: rig.tree.ref(CAMPAIGN).tell(StoreChanged(collections)),
        verify=lambda player: verify(rig.tree.ref(VERIFIER), player, within=20.0),
    )


def a_rig() -> Any:
    rig = make_rig()
    rig.world.games["wos"].add_player(SimPlayer("1000", kid="7"))
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    return rig


async def register(service: Service, **changed: Any) -> Any:
    values = {
        "guild": "77",
        "guild_name": "Snow",
        "member": "ann",
        "game": "wos",
        "fid": "1000",
        "state": "7",
    }
    return await register_player(service, service.verify, **{**values, **changed})


async def test_who_registers_is_redeemed_for_and_who_names_a_wrong_state_is_told(autojump_clock: Any) -> None:
    rig = a_rig()
    async with rig.running():
        service = a_service(rig)
        await rig.until_found("SNOW")
        with pytest.raises(Refused, match="player 1000 was not found in state 8 of wos"):
            await register(service, state="8")
        assert await rig.store.find(Player) == []
        assert (await register(service)).verified
        await rig.until_settled("SNOW", 1)
    assert rig.record("SNOW").outcome is Outcome.REDEEMED
    assert rig.calls() == 3


async def test_while_the_game_is_away_players_are_registered_unverified(autojump_clock: Any) -> None:
    rig = a_rig()
    rig.world.order(Fault(answer="HTTP 403"))
    async with rig.running():
        service = a_service(rig)
        for number in range(1, 9):
            done = await register(service, fid=str(number))
            assert (done.result, done.verified) == ("added", False)
        assert trio.current_time() < 25
    assert rig.calls() <= 2


async def test_from_a_guild_that_pauses_to_one_that_redeems_by_hand(autojump_clock: Any) -> None:
    rig = a_rig()
    async with rig.running():
        service = a_service(rig)
        await guild_settings.set_auto_redeem(service, EVE, on=False)
        await guild_settings.pause(service, EVE)
        await register(service)
        await rig.until_found("SNOW")
        (waiting,) = await wish(service, guild="77", member="ann", game="wos", code="SNOW")
        assert (waiting.result, waiting.waiting) == ("wished", True)
        await trio.sleep(300)
        assert rig.records("SNOW") == {}
        await guild_settings.resume(service, EVE)
        await rig.until_settled("SNOW", 1)
        (again,) = await wish(service, guild="77", member="ann", game="wos", code="SNOW")
        assert again.result == "already"
        await unregister(service, guild="77", member="ann", game="wos", fid="1000")
        assert len(rig.records("SNOW")) == 1


async def test_a_member_that_is_erased_in_the_middle_is_worked_for_no_more(autojump_clock: Any) -> None:
    rig = a_rig()
    game = rig.world.games["wos"]
    game.players["1000"] = evolve(game.players["1000"], level=1)
    rig.world.order(Fault(answer="TIMEOUT RETRY", code="SNOW"))
    async with rig.running():
        service = a_service(rig)
        await register(service)
        await rig.until_found("SNOW")
        await rig.until(lambda: rig.calls("SNOW") >= 3)
        await trio.sleep(1)
        await forget(service, "ann")
        calls = rig.calls()
        await trio.sleep(600)
        assert rig.calls() == calls
    assert await rig.store.find(Redemption) == []
