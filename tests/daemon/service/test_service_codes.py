from typing import Any

import pytest
import trio

from actors.giftcodes.model import Audit, Code, CodeState, Outcome, Player, Redemption
from actors.ports import Put
from daemon.service import By, NotFound, Refused, Service, add_code, list_codes, retire_code
from daemon.storage import MemoryStore


async def test_a_code_added_by_hand_is_live_and_its_source_is_manual(
    service: Service, store: MemoryStore, told: Any
) -> None:
    added = await add_code(service, game="wos", code=" Frost\u200b2026\n")
    assert added.result == "added"
    assert await store.get(Code, "wos/Frost2026") == added.code
    assert (added.code.source, added.code.state) == ("manual", CodeState.LIVE)
    assert added.code.first_seen == service.clock.now()
    assert told.changes == [frozenset({"codes"})]


async def test_a_code_that_is_live_already_is_left_alone_and_said_to_be(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await store.commit(Put(Code("wos", "SNOW", source="rss")))
    added = await add_code(service, game="wos", code="SNOW")
    assert (added.result, added.code.source) == ("live", "rss")
    assert told.changes == told.retries == []


async def test_another_case_is_another_code(service: Service, store: MemoryStore) -> None:
    await store.commit(Put(Code("wos", "SNOW")))
    assert (await add_code(service, game="wos", code="Snow")).result == "added"


@pytest.mark.parametrize("state", [state for state in CodeState if state is not CodeState.LIVE])
async def test_an_ended_code_is_tried_by_a_canary_and_not_taken_for_live(
    service: Service, store: MemoryStore, told: Any, state: Any
) -> None:
    ended = Code("wos", "SNOW", state=state)
    await store.commit(Put(ended), Put(Player("wos", "1", "2")))
    added = await add_code(service, game="wos", code="SNOW")
    assert (added.result, added.code) == ("retrying", ended)
    assert told.retries == [("wos", "SNOW")]
    assert await store.get(Code, "wos/SNOW") == ended


async def test_an_ended_code_that_every_player_has_is_said_to_stay_ended(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await store.commit(
        Put(Code("wos", "SNOW", state=CodeState.EXPIRED)),
        Put(Player("wos", "1", "2")),
        Put(Redemption("wos", "1", "SNOW", outcome=Outcome.REDEEMED)),
    )
    added = await add_code(service, game="wos", code="SNOW")
    assert (added.result, added.problem) == ("ended", "no player of wos is without it, so nobody can try it")
    assert told.retries == []


async def test_without_a_daemon_nobody_can_try_an_ended_code(service: Service, store: MemoryStore) -> None:
    await store.commit(Put(Code("wos", "SNOW", state=CodeState.EXPIRED)), Put(Player("wos", "1", "2")))
    added = await add_code(Service(store, service.clock, service.games), game="wos", code="SNOW")
    assert added.result == "ended"
    assert added.problem.startswith("perkd is not running: start it")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "code '': holds nothing that can be seen"),
        (" \u200b ", "holds nothing that can be seen"),
        ("AB CD", "code 'AB CD': holds a blank: one code at a time"),
        ("A" * 65, "65 characters: at most 64"),
    ],
)
async def test_what_can_be_no_code_is_refused(
    service: Service, store: MemoryStore, code: Any, says: str
) -> None:
    with pytest.raises(Refused) as refused:
        await add_code(service, game="wos", code=code)
    assert says in str(refused.value)
    assert store.history == []


async def test_retiring_ends_a_live_code_and_the_campaign_is_told(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await store.commit(Put(Code("wos", "SNOW", first_seen=1.0)))
    retired = await retire_code(service, game="wos", code="SNOW")
    assert retired.result == "retired"
    stored = await store.get(Code, "wos/SNOW")
    assert (stored.state, stored.ended_at, stored.first_seen) == (CodeState.RETIRED, service.clock.now(), 1.0)
    assert told.changes == [frozenset({"codes"})]


async def test_a_code_that_has_ended_by_itself_keeps_its_state(service: Service, store: MemoryStore) -> None:
    await store.commit(Put(Code("wos", "SNOW", state=CodeState.USED_UP)))
    assert (await retire_code(service, game="wos", code="SNOW")).result == "ended"
    assert (await store.get(Code, "wos/SNOW")).state is CodeState.USED_UP


async def test_a_code_in_the_wrong_case_is_named_in_the_right_one(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(Put(Code("wos", "SnowFall")))
    with pytest.raises(NotFound, match="there is SnowFall: case matters"):
        await retire_code(service, game="wos", code="SNOWFALL")
    with pytest.raises(NotFound, match="`perkd codes list` shows those there are"):
        await retire_code(service, game="wos", code="OTHER")


async def test_codes_are_listed_live_first_and_new_first(service: Service, store: MemoryStore) -> None:
    await store.commit(
        Put(Code("wos", "OLD", first_seen=1.0)),
        Put(Code("wos", "NEW", first_seen=2.0)),
        Put(Code("wos", "GONE", state=CodeState.EXPIRED, first_seen=3.0)),
        Put(Code("ks", "KING", first_seen=4.0)),
    )
    assert [code.code for code in await list_codes(service)] == ["KING", "NEW", "OLD", "GONE"]
    assert [code.code for code in await list_codes(service, game="ks")] == ["KING"]
    assert [code.code for code in await list_codes(service, state="expired")] == ["GONE"]
    with pytest.raises(Refused, match="must be one of live, expired, invalid, used_up, retired"):
        await list_codes(service, state="dead")


async def test_of_two_who_retire_a_code_at_once_one_did_it(service: Service, store: MemoryStore) -> None:
    await store.commit(Put(Code("wos", "SNOW")))
    results: list[str] = []

    async def retire(member: str) -> None:
        by = By("700", "Snow", member)
        results.append((await retire_code(service, code="SNOW", game="wos", by=by)).result)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(retire, "1")
        nursery.start_soon(retire, "2")

    assert sorted(results) == ["ended", "retired"]
    assert len(await store.find(Audit)) == 1
