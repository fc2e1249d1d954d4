"""Every row of the retry table, counted by the simulator."""

import itertools

import pytest
import trio

from actors.giftcodes.budgets import Budgets, RedeemPolicy
from actors.giftcodes.model import Outcome
from daemon.assembly import Settings
from daemon.simulator import Fault, SimCode, SimGame
from tests.worlds.giftcodes import Rig, make_rig

ONCE = RedeemPolicy(retry_rounds=0)


def a_rig(protocol: str = "v2", *, captcha: bool = False, policy: RedeemPolicy = ONCE) -> Rig:
    game = SimGame(name="wos", key="k", protocol=protocol, captcha=captcha)
    game.add_code(SimCode("SNOW"))
    return make_rig(game, settings=Settings(redeem=policy))


async def redeem_one(rig: Rig) -> float:
    """One player, one code, to its outcome; returns the seconds it took."""
    await rig.add_players(1)
    async with rig.running():
        started = trio.current_time()
        assert await rig.find_code("SNOW")
        return await rig.until_settled("SNOW", 1) - started


V2_ROWS = [
    # answer, calls, outcome, status, seconds of waits
    ("RECEIVED", 1, "already", "ALREADY_RECEIVED", 0),
    ("SAME TYPE EXCHANGE", 1, "already", "SAME_TYPE_EXCHANGE", 0),
    ("TIME ERROR", 1, "failed", "EXPIRED", 0),
    ("CDK NOT FOUND", 1, "failed", "CDK_NOT_FOUND", 0),
    ("USED", 1, "failed", "USED", 0),
    ("STOVE_LV ERROR", 1, "failed", "LEVEL_TOO_LOW", 0),
    ("RECHARGE_MONEY ERROR", 1, "failed", "RECHARGE_MONEY", 0),
    ("RECHARGE_MONEY_VIP ERROR", 1, "failed", "RECHARGE_MONEY_VIP", 0),
    ("USER INFO ERROR", 1, "failed", "WRONG_STATE", 0),
    ("ROLE NOT EXIST", 1, "failed", "NO_SUCH_PLAYER", 0),
    ("TOO FREQUENT", 10, "failed", "TOO_FREQUENT", 4 * 45),
    ("TIMEOUT RETRY", 10, "failed", "TIMEOUT_RETRY", 4 * 45),
    ("HTTP 502", 10, "failed", "UPSTREAM_ERROR", 4 * 45),
]


@pytest.mark.parametrize(("answer", "calls", "outcome", "status", "seconds"), V2_ROWS)
async def test_v2_makes_as_many_calls_as_the_table_says(  # noqa: PLR0917 - the columns of the table
    autojump_clock, answer, calls, outcome, status, seconds
):
    rig = a_rig()
    rig.world.order(Fault(answer=answer))
    took = await redeem_one(rig)
    record = rig.record("SNOW")
    assert (rig.calls(), record.outcome, record.status) == (calls, outcome, status)
    assert record.attempts == calls
    assert seconds <= took <= seconds + 3


async def test_an_unknown_answer_is_tried_three_times_with_waits_of_4_and_8_seconds(autojump_clock):
    rig = a_rig()
    rig.world.order(Fault(msg="SNOWED IN"))
    assert 12 <= await redeem_one(rig) < 12.5
    assert rig.calls() == 3
    assert rig.record("SNOW").status == "UNKNOWN_STATUS_SNOWED IN"
    at = [request.at for request in rig.world.stats.last]
    assert [round(b - a) for a, b in itertools.pairwise(at)] == [4, 8]


async def test_success_stops_after_failures(autojump_clock):
    rig = a_rig()
    rig.world.order(Fault(answer="TIMEOUT RETRY", times=3))
    assert 24 <= await redeem_one(rig) < 25
    assert (rig.calls(), rig.record("SNOW").outcome) == (4, Outcome.REDEEMED)


async def test_all_calls_of_a_pair_together_are_at_most_ten(autojump_clock):
    rig = a_rig()
    rig.world.order(
        Fault(msg="ODD", times=2), Fault(answer="TIMEOUT RETRY", times=4), Fault(answer="TOO FREQUENT")
    )
    await redeem_one(rig)
    record = rig.record("SNOW")
    assert (rig.calls(), record.spent.total, record.outcome) == (10, 10, Outcome.FAILED)
    assert (record.spent.unknown, record.spent.temporary, record.spent.rate_limited) == (2, 4, 4)


@pytest.mark.parametrize(
    ("protocol", "answer", "calls"), [("v2", "TIMEOUT RETRY", 2), ("v2", "TOO FREQUENT", 1)]
)
async def test_budgets_are_configuration(autojump_clock, protocol, answer, calls):
    budgets = Budgets(temporary=2, rate_limited=0)
    rig = a_rig(protocol, policy=RedeemPolicy(budgets, retry_rounds=0))
    rig.world.order(Fault(answer=answer))
    await redeem_one(rig)
    assert rig.calls() == calls


# --- v1 -----------------------------------------------------------------------------------------


async def test_v1_logs_in_then_redeems(autojump_clock):
    rig = a_rig("v1")
    await redeem_one(rig)
    assert dict(rig.world.stats.game("wos").endpoints) == {"player": 1, "gift_code": 1}


async def test_a_lost_session_is_opened_again_at_once(autojump_clock):
    rig = a_rig("v1")
    rig.world.order(Fault(endpoint="gift_code", answer="NOT LOGIN", times=2))
    took = await redeem_one(rig)
    assert dict(rig.world.stats.game("wos").endpoints) == {"player": 3, "gift_code": 3}
    assert took <= 5 * 3.1  # the player's spacing, and nothing else
    assert rig.record("SNOW").outcome is Outcome.REDEEMED


async def test_a_session_that_is_always_lost_is_given_up_at_the_third_time(autojump_clock):
    rig = a_rig("v1")
    rig.world.order(Fault(endpoint="gift_code", answer="NOT LOGIN"))
    await redeem_one(rig)
    assert dict(rig.world.stats.game("wos").endpoints) == {"player": 3, "gift_code": 3}
    assert rig.record("SNOW").status == "NOT_LOGIN"


@pytest.mark.parametrize("answer", ["NOT LOGIN", "TIMEOUT RETRY", "HTTP 500", "TOO FREQUENT"])
async def test_a_login_is_tried_five_times(autojump_clock, answer):
    rig = a_rig("v1")
    rig.world.order(Fault(endpoint="player", answer=answer))
    await redeem_one(rig)
    assert dict(rig.world.stats.game("wos").endpoints) == {"player": 5}
    assert (rig.record("SNOW").outcome, rig.record("SNOW").attempts) == (Outcome.FAILED, 0)


async def test_a_login_of_nobody_is_final(autojump_clock):
    rig = a_rig("v1")
    rig.world.order(Fault(endpoint="player", answer="ROLE NOT EXIST"))
    await redeem_one(rig)
    assert (rig.calls(), rig.record("SNOW").status) == (1, "NO_SUCH_PLAYER")


# --- v1 with captchas ---------------------------------------------------------------------------


async def test_a_person_reads_the_captcha_while_the_slot_is_free(autojump_clock):
    rig = a_rig("v1", captcha=True)
    rig.reader.seconds = 50.0
    await redeem_one(rig)
    endpoints = dict(rig.world.stats.game("wos").endpoints)
    assert endpoints == {"player": 1, "captcha": 1, "gift_code": 1}
    assert rig.record("SNOW").outcome is Outcome.REDEEMED


async def test_a_wrong_captcha_is_given_up_at_the_fourth_and_none_is_fetched_too_early(autojump_clock):
    rig = a_rig("v1", captcha=True)
    rig.reader.wrong = True
    await redeem_one(rig)
    endpoints = dict(rig.world.stats.game("wos").endpoints)
    assert endpoints == {"player": 1, "captcha": 4, "gift_code": 4}
    assert rig.record("SNOW").status == "CAPTCHA_WRONG"
    assert rig.world.stats.game("wos").answers["CAPTCHA GET TOO FREQUENT"] == 0


async def test_a_captcha_nobody_reads_charges_the_captcha_budget(autojump_clock):
    rig = a_rig("v1", captcha=True)
    rig.reader.away = True
    await redeem_one(rig)
    endpoints = dict(rig.world.stats.game("wos").endpoints)
    assert endpoints == {"player": 1, "captcha": 4}
    assert (rig.record("SNOW").outcome, rig.reader.asked) == (Outcome.FAILED, 4)


async def test_a_captcha_that_can_not_be_fetched_means_a_new_login(autojump_clock):
    rig = a_rig("v1", captcha=True)
    rig.world.order(Fault(endpoint="captcha", answer="NOT LOGIN"))
    await redeem_one(rig)
    assert dict(rig.world.stats.game("wos").endpoints) == {"player": 3, "captcha": 3}
    assert rig.record("SNOW").status == "CAPTCHA_FETCH_ERROR"


async def test_two_codes_need_two_captchas_a_minute_apart(autojump_clock):
    rig = a_rig("v1", captcha=True)
    rig.world.games["wos"].add_code(SimCode("HAIL"))
    await rig.add_players(1)
    async with rig.running():
        await rig.find_code("SNOW", "HAIL")
        await rig.until_settled("SNOW", 1)
        await rig.until_settled("HAIL", 1)
    assert dict(rig.world.stats.game("wos").endpoints) == {"player": 1, "captcha": 2, "gift_code": 2}


async def test_a_captcha_used_up_by_a_final_answer_is_not_used_again(autojump_clock):
    rig = a_rig("v1", captcha=True)
    rig.world.games["wos"].add_code(SimCode("HAIL"))
    rig.world.order(Fault(endpoint="gift_code", code="SNOW", answer="STOVE_LV ERROR", after_redeeming=True))
    await rig.add_players(1)
    async with rig.running():
        await rig.find_code("SNOW", "HAIL")
        await rig.until_settled("HAIL", 1)
    assert rig.world.stats.game("wos").answers["CAPTCHA EXPIRED"] == 0
    assert rig.record("HAIL").spent.captcha == 0


# --- nobody's fault -----------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["SIGN ERROR", "PARAMS ERROR", "HTTP 403", "HTTP 404", "NOT LOGIN"])
async def test_a_change_of_the_protocol_charges_nobody_and_is_recovered_from(autojump_clock, answer):
    rig = a_rig()
    rig.world.order(Fault(answer=answer, times=4))
    await rig.add_players(5)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 5)
    records = rig.records("SNOW").values()
    assert {record.outcome for record in records} == {Outcome.REDEEMED}
    assert {record.spent.total for record in records} == {1}
    assert rig.calls() == 9


async def test_a_cut_network_charges_nobody_and_is_recovered_from(autojump_clock):
    rig = a_rig()
    await rig.add_players(5)
    async with rig.running():
        rig.network.down = True
        await rig.find_code("SNOW")
        await trio.sleep(3600)
        assert {record.outcome for record in rig.records("SNOW").values()} == {Outcome.PENDING}
        assert max(record.spent.total for record in rig.records("SNOW").values()) == 0
        rig.network.down = False
        await rig.until_settled("SNOW", 5)
    assert {record.outcome for record in rig.records("SNOW").values()} == {Outcome.REDEEMED}
    assert rig.calls() == 5


async def test_a_429_pauses_the_game_and_charges_nobody(autojump_clock):
    rig = a_rig()
    rig.world.order(Fault(answer="HTTP 429", headers=(("Retry-After", "100"),), times=1))
    await rig.add_players(3)
    async with rig.running():
        started = trio.current_time()
        await rig.find_code("SNOW")
        assert await rig.until_settled("SNOW", 3) - started >= 100
    assert {record.spent.rate_limited for record in rig.records("SNOW").values()} == {0}
    assert rig.world.stats.as_json()["rate_limited"] == 1


# --- later rounds -------------------------------------------------------------------------------


@pytest.mark.parametrize(("protocol", "answer", "per_round"), [("v2", "TIMEOUT RETRY", 10), ("v1", "", 5)])
async def test_what_ran_out_of_a_budget_is_taken_up_again_with_a_fresh_one(
    autojump_clock, protocol, answer, per_round
):
    rig = a_rig(protocol, policy=RedeemPolicy(retry_after=3600.0, retry_rounds=3))
    rig.world.order(Fault(answer=answer, msg="" if answer else "ODD"))
    await rig.add_players(1)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 1)
        assert (rig.calls(), rig.record("SNOW").retries) == (per_round, True)
        assert (await rig.numbers()).retrying == 1
        await trio.sleep(20 * 3600)
        assert (rig.calls(), rig.record("SNOW").retries) == (4 * per_round, False)
        assert rig.record("SNOW").round == 4
    times = [r.at for r in rig.world.stats.last][::per_round]
    assert all(b - a >= 3600 for a, b in itertools.pairwise(times))


async def test_a_later_round_can_succeed(autojump_clock):
    rig = a_rig(policy=RedeemPolicy())
    rig.world.order(Fault(answer="TIMEOUT RETRY", times=12))
    await rig.add_players(1)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until(lambda: rig.calls() == 13)
    record = rig.record("SNOW")
    assert (record.outcome, record.round, record.spent.total, record.retries) == (
        Outcome.REDEEMED, 2, 3, False,
    )  # fmt: skip
