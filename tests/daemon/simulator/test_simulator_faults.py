"""What is ordered happens to whom it is meant for, as often as it is ordered."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.simulator import Facts, Fault, Script

FACTS = Facts(game="wos", endpoint="gift_code", fid="1001", code="SNOW", number=3)


def _run(script: Script, facts: Facts, times: int) -> list[Fault | None]:
    decided = []
    for _ in range(times):
        fault, script = script.decide(facts)
        decided.append(fault)
    return decided


@pytest.mark.parametrize(
    "other",
    [
        {"game": "ks"},
        {"endpoint": "player"},
        {"fid": "1"},
        {"code": "snow"},
        {"source": "page"},
        {"requests": (1, 2)},
    ],
)
def test_a_fault_happens_only_to_requests_that_match_all_it_names(other: dict[str, Any]) -> None:
    meant: dict[str, Any] = {
        "game": "wos",
        "endpoint": "gift_code",
        "fid": "1001",
        "code": "SNOW",
        "requests": (3,),
    }
    assert Script((Fault(**meant),)).decide(FACTS)[0] is not None
    assert Script((Fault(**{**meant, **other}),)).decide(FACTS)[0] is None


def test_a_fault_of_no_source_happens_to_no_source() -> None:
    assert Script((Fault(),)).decide(Facts(source="page"))[0] is None


def test_the_first_that_applies_decides_and_the_next_follows_when_it_is_spent() -> None:
    first, second = Fault(answer="TOO FREQUENT", times=2), Fault(answer="HTTP 502", times=1)
    assert _run(Script((first, second)), FACTS, 4) == [first, first, second, None]


def test_the_first_so_many_can_be_left_alone() -> None:
    late = Fault(answer="HTML", skip=2)
    assert _run(Script((late,)), FACTS, 4) == [None, None, late, late]


@given(st.integers(0, 2**32), st.floats(0, 1))
def test_chance_depends_on_nothing_but_the_seed(seed: int, probability: float) -> None:
    script = Script((Fault(probability=probability),), seed)
    assert _run(script, FACTS, 20) == _run(script, FACTS, 20)


def test_probability_is_kept_in_the_long_run() -> None:
    happened = _run(Script((Fault(probability=0.3),), seed=1), FACTS, 2000)
    assert 0.25 < sum(fault is not None for fault in happened) / 2000 < 0.35


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 5), st.integers(0, 5))
def test_a_fault_never_happens_more_often_than_ordered(matching: list[bool], skip: int, times: int) -> None:
    script = Script((Fault(fid="1001", skip=skip, times=times),))
    happened = 0
    for is_match in matching:
        fault, script = script.decide(Facts(fid="1001" if is_match else "2"))
        happened += fault is not None
    assert happened == min(times, max(0, sum(matching) - skip))


@pytest.mark.parametrize(
    "wrong", [{"answer": "NO ROW"}, {"answer": "HTTP 200"}, {"times": -1}, {"probability": 2}]
)
def test_a_fault_that_cannot_happen_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Fault(**wrong)


async def test_faults_are_ordered_listed_and_reset_over_http(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    ordered = await remote.client.post(
        "/_faults", json={"game": "wos", "fid": "1001", "answer": "USED", "times": 1}
    )
    assert (ordered.status_code, ordered.json()) == (201, {"faults": 1})
    assert [say(await remote.redeem(fid)) for fid in ("1002", "1001", "1001")] == [
        "SUCCESS",
        "USED",
        "SUCCESS",
    ]
    [listed] = (await remote.client.get("/_faults")).json()["faults"]
    assert (listed["answer"], listed["seen"], listed["happened"]) == ("USED", 1, 1)
    assert (await remote.client.delete("/_faults")).status_code == 204
    assert (await remote.client.get("/_faults")).json() == {"faults": []}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"anwser": "USED"}, "anwser"),
        ({"answer": "NO ROW"}, "no such answer; there are SUCCESS"),
        ({"game": "chess"}, "game 'chess': no such game; there are wos, old, drawn"),
        ({"source": "page"}, "source 'page': no such source"),
        ({"times": "often"}, "times"),
        ("USED", "must be a JSON object"),
    ],
)
async def test_a_wrong_order_is_refused_with_its_reason(remote: Any, order: Any, reason: str) -> None:
    answer = await remote.client.post("/_faults", json=[{"answer": "USED"}, order])
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert (await remote.client.get("/_faults")).json() == {"faults": []}


async def test_what_is_no_json_is_refused(remote: Any) -> None:
    answer = await remote.client.post("/_codes", content=b"{")
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["error"]


async def test_codes_and_players_can_be_added_over_http(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    codes = [{"game": "wos", "code": "NEW", "uses": 1}, {"game": "wos", "code": "OLD", "state": "expired"}]
    assert (await remote.client.post("/_codes", json=codes)).json() == {"codes": 2}
    player = {"game": "wos", "fid": "77", "kid": "9", "name": "New", "level": 3}
    assert (await remote.client.post("/_players", json=player)).json() == {"players": 1}
    assert say(await remote.redeem("77", "NEW", "9")) == "SUCCESS"
    assert say(await remote.redeem("77", "OLD", "9")) == "TIME ERROR"
