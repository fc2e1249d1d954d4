"""How a game judges players and codes."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from daemon.simulator import CodeState, SimCode, SimPlayer, World


async def test_a_second_redemption_is_remembered(remote: Any, say: Callable[[httpx.Response], str]) -> None:
    assert [say(await remote.redeem()) for _ in range(3)] == ["SUCCESS", "RECEIVED", "RECEIVED"]
    assert say(await remote.redeem("1002")) == "SUCCESS"


async def test_v2_checks_the_player_before_the_code(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    assert say(await remote.redeem(kid="8", code="NOSUCHCODE")) == "USER INFO ERROR"
    assert say(await remote.redeem(fid="9", code="NOSUCHCODE")) == "USER INFO ERROR"
    assert say(await remote.redeem(code="NOSUCHCODE")) == "CDK NOT FOUND"


async def test_codes_are_case_sensitive(remote: Any, say: Callable[[httpx.Response], str]) -> None:
    assert say(await remote.redeem(code="snow2026")) == "CDK NOT FOUND"


@pytest.mark.parametrize(
    ("code", "row"),
    [
        (SimCode("C", CodeState.EXPIRED), "TIME ERROR"),
        (SimCode("C", CodeState.USED), "USED"),
        (SimCode("C", CodeState.UNKNOWN), "CDK NOT FOUND"),
        (SimCode("C", uses=0), "USED"),
        (SimCode("C", min_level=31), "STOVE_LV ERROR"),
        (SimCode("C", min_vip=7), "RECHARGE_MONEY_VIP ERROR"),
        (SimCode("C", kind="winter"), "SAME TYPE EXCHANGE"),
        (SimCode("C", needs_purchase=True), "RECHARGE_MONEY ERROR"),
    ],
)
async def test_the_reasons_to_refuse(
    world: World, remote: Any, say: Callable[[httpx.Response], str], code: SimCode, row: str
) -> None:
    world.games["wos"].add_player(
        SimPlayer("1001", "7", level=30, purchased=False, claimed_kinds=("winter",))
    )
    world.games["wos"].add_code(code)
    assert say(await remote.redeem(code="C")) == row


async def test_a_code_is_used_up_after_its_uses(
    world: World, remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    world.games["wos"].add_code(SimCode("FEW", uses=2))
    said = [say(await remote.redeem(fid, "FEW")) for fid in ("1001", "1002", "1003", "1001")]
    assert said == ["SUCCESS", "SUCCESS", "USED", "RECEIVED"]


async def test_of_two_codes_of_a_kind_a_player_gets_one(
    world: World, remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    world.games["wos"].add_code(SimCode("A", kind="winter"), SimCode("B", kind="winter"))
    assert [say(await remote.redeem(code=code)) for code in ("A", "B")] == ["SUCCESS", "SAME TYPE EXCHANGE"]
