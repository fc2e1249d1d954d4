"""The log lines operators know, word for word."""

import logging

import pytest
import trio

from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.model import Code, CodeState
from actors.ports import Put
from daemon.assembly import Settings
from daemon.simulator import Fault, SimCode, SimGame
from tests.worlds.giftcodes import make_rig


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


async def redeem(*faults: Fault, protocol: str = "v2", captcha: bool = False):
    game = SimGame(name="wos", key="k", protocol=protocol, captcha=captcha)
    game.add_code(SimCode("SNOW"))
    rig = make_rig(game, settings=Settings(RedeemPolicy(retry_rounds=0)))
    rig.world.order(*faults)
    await rig.add_players(1, start=123)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 1)
        await trio.sleep(1)


def in_order(lines: list[str], *wanted: str) -> bool:
    left = iter(lines)
    return all(line in left for line in wanted)


async def test_a_redemption(autojump_clock, lines):
    await redeem()
    assert in_order(lines(), "Redemption attempt 1/10", "✅ Redeemed for P123: SUCCESS (attempt 1)")
    assert "Found 1 new codes for guild terminal: [SNOW]" in lines()
    assert "Posted 1 new codes to guild terminal" in lines()


async def test_an_unknown_status(autojump_clock, lines):
    await redeem(Fault(msg="ODD"))
    assert in_order(
        lines(),
        "Redemption attempt 1/10",
        "⚠️ Unknown API status for P123: UNKNOWN_STATUS_ODD",
        "Redemption attempt 1 failed for P123, retrying in 4.0s",
        "Redemption attempt 2/10",
        "Redemption attempt 2 failed for P123, retrying in 8.0s",
        "Redemption attempt 3/10",
        "❌ Giving up on P123 after 3 attempts with unknown status: UNKNOWN_STATUS_ODD",
    )


async def test_a_login_that_is_lost_and_opened_again(autojump_clock, lines):
    await redeem(Fault(endpoint="gift_code", answer="NOT LOGIN", times=1), protocol="v1")
    assert in_order(
        lines(),
        "Redemption attempt 1/10",
        "✅ Login successful for P123 (FID: 123, attempt 1)",
        "✅ Re-login successful for P123",
        "✅ Redeemed for P123: SUCCESS (attempt 4)",
    )


async def test_attempts_are_counted_one_way_within_a_round(autojump_clock, lines):
    await redeem(Fault(endpoint="gift_code", answer="TIMEOUT RETRY", times=2), protocol="v1")
    assert in_order(
        lines(),
        "Redemption attempt 1/10",
        "✅ Login successful for P123 (FID: 123, attempt 1)",
        "Redemption attempt 2/10",
        "Redemption attempt 2 failed for P123, retrying in 4.0s",
        "Redemption attempt 3/10",
        "Redemption attempt 3 failed for P123, retrying in 8.0s",
        "Redemption attempt 4/10",
        "✅ Redeemed for P123: SUCCESS (attempt 4)",
    )


async def test_a_permanent_answer_counts_the_calls_of_the_round(autojump_clock, lines):
    await redeem(Fault(endpoint="gift_code", answer="RECHARGE_MONEY_VIP ERROR"), protocol="v1")
    assert in_order(
        lines(),
        "Redemption attempt 2/10",
        "❌ Redemption failed for P123 after 2 attempts, final status: RECHARGE_MONEY_VIP",
    )


async def test_who_can_not_be_asked_for_failed_after_no_attempt(autojump_clock, lines):
    rig = make_rig()
    await rig.add_players(1, state="")
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 1)
    assert "❌ Redemption failed for P1000 after 0 attempts, final status: WRONG_STATE" in lines()
    assert not in_order(lines(), "Redemption attempt 1/10")


async def test_the_end_of_a_code_that_one_player_was_told_of_is_said_in_the_singular(autojump_clock, lines):
    await redeem(Fault(answer="TIME ERROR"))
    assert "Code SNOW (wos) has ended: EXPIRED, as 1 player was told; nothing else was open" in lines()


async def test_the_end_of_a_code_says_what_it_settled(autojump_clock, lines):
    rig = make_rig()
    await rig.add_players(3)
    async with rig.running():
        await rig.find_code("NONE")
        await rig.until_settled("NONE", 3)
    end = "Code NONE (wos) has ended: CDK_NOT_FOUND, as 2 players were told; 1 open pair settled"
    assert end in lines()


async def test_a_retired_code_that_is_tried_again_is_not_said_to_have_ended(autojump_clock, lines):
    rig = make_rig()
    await rig.add_players(1)
    await rig.store.commit(Put(Code("wos", "OLD", CodeState.RETIRED, ended_at=0.0)))
    async with rig.running():
        await trio.sleep(1)
        assert await rig.retry_code("OLD")
        await trio.sleep(10)
    said = lines()
    assert "🐤 Code OLD (wos) was retired: wos/1000 tries it again" in said
    assert "Code OLD (wos) does not work: CDK_NOT_FOUND" in said


async def test_a_login_that_can_not_be_opened_again(autojump_clock, lines):
    await redeem(
        Fault(endpoint="gift_code", answer="NOT LOGIN"),
        Fault(endpoint="player", answer="NOT LOGIN", skip=1),
        protocol="v1",
    )
    assert in_order(
        lines(), "❌ Re-login failed for P123: NOT LOGIN", "❌ Login failed for P123 after 5 attempts"
    )


async def test_a_captcha_that_can_not_be_fetched(autojump_clock, lines):
    await redeem(Fault(endpoint="captcha", answer="NOT LOGIN"), protocol="v1", captcha=True)
    said = lines()
    again = "⚠️ CAPTCHA fetch failed for P123, might be session issue, re-logging in..."
    assert said.count(again) == 2
    assert in_order(
        said,
        again,
        "✅ Re-login successful for P123",
        "❌ Redemption failed for P123 after 3 attempts, final status: CAPTCHA_FETCH_ERROR",
    )


async def test_tries_at_a_captcha(autojump_clock, lines):
    await redeem(
        Fault(answer="CAPTCHA CHECK ERROR", endpoint="gift_code", times=1), protocol="v1", captcha=True
    )
    assert in_order(lines(), "Attempt 1/4 to redeem for FID 123", "Attempt 2/4 to redeem for FID 123")


async def test_v2_says_nothing_of_captchas(autojump_clock, lines):
    await redeem()
    assert not [line for line in lines() if "to redeem for FID" in line]
