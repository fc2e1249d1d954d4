"""Whether a player exists is found out with one call, which redeems nothing and charges nobody."""

import itertools
import logging

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Call, FailureClass, Outcome, Player, Redemption, Scope, Status
from actors.giftcodes.session_pool import PoolStatus
from actors.giftcodes.verifier import NO_CODE, Verified, meaning, verify
from actors.ports import Put, Reply, Verdict
from daemon.assembly import POOL, VERIFIER
from daemon.gameapi.answers import ROWS
from daemon.simulator import Fault, SimCode, SimGame, SimPlayer
from supervision.testing import crash, settle
from tests.worlds.giftcodes import make_rig

ANN = Player("wos", "1000", "7")


async def a_rig(*games: SimGame):
    """A player 1000 of state 7, whom nobody registered."""
    rig = make_rig(*games)
    for game in rig.world.games.values():
        game.add_player(SimPlayer("1000", kid="7", name="Ann"))
    return rig


async def ask(rig, player: Player = ANN, within: float = 60.0) -> Verified:
    return await verify(rig.tree.ref(VERIFIER), player, within=within)


async def waiting(rig) -> int:
    await settle()
    return (await rig.tree.ref(POOL).ask(PoolStatus())).waiting


# --- what is answered ---------------------------------------------------------------------------


async def test_the_right_state_is_told_from_a_wrong_one_by_one_call_each(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        assert await ask(rig) == Verified("right", Status.CDK_NOT_FOUND)
        assert await ask(rig, evolve(ANN, state="8")) == Verified("wrong_state", Status.WRONG_STATE)
        assert await ask(rig, evolve(ANN, fid="1")) == Verified("wrong_state", Status.WRONG_STATE)
        assert rig.calls() == rig.calls(NO_CODE) == 3
    assert rig.store.backend.find(Redemption) == []
    calls = rig.store.backend.find(Call)
    assert sorted(call.fid for call in calls) == ["1", "1000", "1000"]
    assert all(call.done_at is not None for call in calls)


async def test_a_game_with_logins_tells_the_name_and_who_does_not_exist(autojump_clock):
    rig = await a_rig(SimGame(name="wos", key="k", protocol="v1"))
    async with rig.running():
        assert await ask(rig) == Verified("right", Status.SUCCESS, "Ann")
        assert await ask(rig, Player("wos", "1")) == Verified("no_such_player", Status.NO_SUCH_PLAYER)
        assert rig.calls() == 2


async def test_what_no_server_could_find_is_answered_without_a_call(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        assert (await ask(rig, Player("wos", "1000"))).result == "wrong_state"
        assert (await ask(rig, Player("wos", "x", "7"))).result == "no_such_player"
        assert (await ask(rig, Player("ks", "1", "7"))).result == "unknown"
    assert rig.calls() == 0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.msg)
def test_only_an_answer_about_the_player_or_the_code_says_anything(row):
    found = meaning(Reply(row.verdict)).result
    match row.verdict:
        case Verdict(Status.WRONG_STATE):
            assert found == "wrong_state"
        case Verdict(Status.NO_SUCH_PLAYER):
            assert found == "no_such_player"
        case Verdict(_, FailureClass.SUCCESS | FailureClass.PERMANENT, Scope.PLAYER | Scope.CODE):
            assert found == "right"
        case _:
            assert found == "unknown"


@pytest.mark.parametrize("answer", ["TIMEOUT RETRY", "HTTP 500", "HTTP 403", "HTML"])
async def test_an_answer_that_says_nothing_is_not_asked_for_again(autojump_clock, answer):
    rig = await a_rig()
    rig.world.order(Fault(answer=answer, times=1))
    async with rig.running():
        found = await ask(rig)
    assert found.result == "unknown"
    assert found.status
    assert rig.calls() == 1


# --- its place among the others -----------------------------------------------------------------


async def test_it_goes_before_all_redeemers_within_the_rate_window(autojump_clock):
    rig = await a_rig()
    await rig.add_players(60, start=2000)
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.until(lambda: rig.calls() >= 5)
        began = trio.current_time()
        assert (await ask(rig)).result == "right"
        assert trio.current_time() - began < 61
        assert rig.calls() <= 32  # two at once
        await rig.until_settled("SNOW", 60)
    assert rig.world.stats.game("wos").answers.get("HTTP 429", 0) == 0
    assert rig.calls() == 61


async def test_codes_are_redeemed_however_many_players_are_verified(autojump_clock):
    rig = await a_rig()
    await rig.add_players(60, start=2000)
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    found: list[str] = []

    async def register(number: int) -> None:
        found.append((await ask(rig, evolve(ANN, fid=str(5000 + number)), 30.0)).result)

    async with rig.running(), trio.open_nursery() as nursery:
        for number in range(400):
            nursery.start_soon(register, number)
        await rig.until_found("SNOW")
        began = trio.current_time()
        await rig.until_settled("SNOW", 60)
        assert trio.current_time() - began < 240  # 120 s without any
        await rig.until(lambda: len(found) == 400)
        assert (await ask(rig)).result == "right"  # what waited in vain is over
    assert rig.world.stats.game("wos").answers.get("HTTP 429", 0) == 0
    assert found.count("wrong_state") >= 10
    assert set(found) == {"wrong_state", "unknown"}


async def test_with_nothing_to_redeem_all_players_are_verified_as_fast_as_the_game_allows(autojump_clock):
    rig = await a_rig()
    found: list[str] = []

    async def register(number: int) -> None:
        found.append((await ask(rig, evolve(ANN, fid=str(5000 + number)), 70.0)).result)

    async with rig.running(), trio.open_nursery() as nursery:
        for number in range(60):
            nursery.start_soon(register, number)
    assert found == ["wrong_state"] * 60


async def test_a_player_that_is_being_redeemed_for_gets_its_code_and_its_answer_both(autojump_clock):
    rig = await a_rig()
    rig.world.games["wos"].add_code(SimCode("SNOW"), SimCode("FROST"))
    await rig.store.commit(Put(ANN))
    async with rig.running():
        await rig.until_found("SNOW", "FROST")
        await rig.until(lambda: rig.calls() >= 1)
        first, second = [], []

        async def verified(player: Player, into: list[Verified]) -> None:
            into.append(await ask(rig, player))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(verified, ANN, first)
            nursery.start_soon(verified, evolve(ANN, state="8"), second)
        await rig.until_settled("SNOW", 1)
        await rig.until_settled("FROST", 1)
        assert (first[0].result, second[0].result) == ("right", "wrong_state")
        assert {rig.record(code).outcome for code in ("SNOW", "FROST")} == {Outcome.REDEEMED}
        assert rig.calls() == 4
        assert await waiting(rig) == 0
    times = sorted(call.at for call in rig.store.backend.find(Call))
    assert all(late - early >= 3.0 for early, late in itertools.pairwise(times))


async def test_many_questions_are_open_at_once_and_the_same_one_is_asked_once(autojump_clock):
    rig = await a_rig()
    found: list[Verified] = []

    async def verified(player: Player) -> None:
        found.append(await ask(rig, player, within=600))

    async with rig.running():
        async with trio.open_nursery() as nursery:
            for n in range(40):
                nursery.start_soon(verified, Player("wos", str(5000 + n), "7"))
                nursery.start_soon(verified, ANN)
        assert sorted(one.result for one in found) == ["right"] * 40 + ["wrong_state"] * 40
        assert rig.calls() <= 42


# --- when nothing is found out ------------------------------------------------------------------


async def test_who_waits_no_longer_leaves_no_request_behind(autojump_clock):
    rig = await a_rig()
    rig.world.order(Fault(delay=20.0))
    async with rig.running():
        async with trio.open_nursery() as nursery:
            for n in range(3):
                nursery.start_soon(ask, rig, Player("wos", str(n + 1), "7"), 2.0)
        assert trio.current_time() < 5.0
        assert await waiting(rig) == 0
        await trio.sleep(60)
    assert rig.calls() == 2


async def test_an_asker_that_is_cancelled_withdraws_its_question(autojump_clock):
    rig = await a_rig()
    rig.world.order(Fault(delay=20.0))
    async with rig.running(), trio.open_nursery() as nursery:
        nursery.start_soon(ask, rig, Player("wos", "1", "7"))
        nursery.start_soon(ask, rig, Player("wos", "2", "7"))
        await settle()
        with trio.move_on_after(1.0):
            await ask(rig)
        assert await waiting(rig) == 0
    assert rig.calls() == 2


async def test_while_a_game_is_paused_the_answer_comes_at_once(autojump_clock):
    rig = await a_rig()
    rig.world.order(Fault(answer="HTTP 403"))
    async with rig.running():
        assert (await ask(rig)).status == Status.PROTOCOL_CHANGED
        began = trio.current_time()
        assert await ask(rig, within=20.0) == Verified("unknown", Status.PROTOCOL_CHANGED)
        assert trio.current_time() - began < 1.0
        assert await waiting(rig) == 0
    assert rig.calls() == 1


async def test_without_the_store_no_call_is_made(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await ask(rig)
        await trio.sleep(10)
        rig.store.away = True
        assert (await ask(rig)).result == "unknown"
        rig.store.away = False
        await trio.sleep(10)
        assert (await ask(rig)).result == "right"
    assert rig.calls() == 2


async def test_a_crash_of_the_verifier_touches_no_redeemer_and_the_next_question_is_answered(
    autojump_clock, caplog
):
    rig = await a_rig()
    async with rig.running() as tree:
        crash(tree.ref(VERIFIER))
        await trio.sleep(5)
        assert (await ask(rig)).result == "right"
        crash(tree.ref(POOL))
        await trio.sleep(5)
        with caplog.at_level(logging.INFO, "perkd.redeem"):
            assert (await ask(rig)).result == "right"
    assert "FID 1000 (wos, state 7) was verified: right" in caplog.text


async def test_who_asks_while_the_daemon_ends_is_answered(autojump_clock):
    rig = await a_rig()
    rig.world.order(Fault(delay=20.0))
    found: list[Verified] = []

    async def verified(ref, fid: str) -> None:
        found.append(await verify(ref, Player("wos", fid, "7"), within=100.0))

    async with trio.open_nursery() as nursery, rig.running() as tree:
        ref = tree.ref(VERIFIER)
        for fid in "123":
            nursery.start_soon(verified, ref, fid)
        await trio.sleep(1)
    assert [one.result for one in found] == ["unknown"] * 3
    assert trio.current_time() < 30
    assert await verify(ref, ANN) == Verified("unknown")
