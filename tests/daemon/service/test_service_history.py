from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Channel, Code, CodeState, Guild, Outcome, Player, PlayerKey, Redemption
from actors.ports import Put
from daemon.clock import SteadyClock
from daemon.service import NotFound, Refused, Service, history, list_guilds, read_history
from daemon.service.documents import code_document, guild_document, history_document, iso
from daemon.storage import MemoryStore


@pytest.fixture
async def filled(store: MemoryStore) -> MemoryStore:
    await store.commit(
        *(Put(Code(game, code)) for game, code in (("wos", "SNOW"), ("wos", "ICE"), ("ks", "SNOW"))),
        Put(Player("wos", "1", "7", "Anna")),
        Put(Player("wos", "2", "7", "雪狐")),
        Put(Player("ks", "1", "", "Anna")),
        Put(
            Redemption(
                "wos", "1", "SNOW", outcome=Outcome.REDEEMED, status="SUCCESS", first_at=5.0, last_at=9.0
            )
        ),
        Put(
            Redemption(
                "wos", "2", "SNOW", outcome=Outcome.FAILED, status="WRONG_STATE", attempts=1, last_at=8.0
            )
        ),
        Put(Redemption("wos", "2", "ICE")),
        Put(Redemption("ks", "1", "SNOW", outcome=Outcome.ALREADY, last_at=7.0)),
        Put(Redemption("wos", "99", "SNOW", outcome=Outcome.REDEEMED, last_at=6.0)),
    )
    return store


async def keys(service: Service, **wanted: str) -> list[str]:
    return [
        f"{row.record.game}/{row.record.fid} {row.record.code}"
        for row in await read_history(service, **wanted)
    ]


async def test_history_is_told_in_the_order_it_happened(service: Service, filled: Any) -> None:
    assert await keys(service) == ["wos/2 ICE", "wos/99 SNOW", "ks/1 SNOW", "wos/2 SNOW", "wos/1 SNOW"]


async def test_history_of_one_code(service: Service, filled: Any) -> None:
    assert await keys(service, code=" ICE\u200b") == ["wos/2 ICE"]
    with pytest.raises(NotFound, match="code ice: no such code, but there is ICE: case matters"):
        await read_history(service, code="ice")
    with pytest.raises(NotFound, match="code FOG: no such code: `perkd codes list` shows"):
        await read_history(service, code="FOG")


@pytest.mark.parametrize(
    ("player", "found"),
    [
        ("wos/2", ["wos/2 ICE", "wos/2 SNOW"]),
        ("2", ["wos/2 ICE", "wos/2 SNOW"]),
        ("1", ["ks/1 SNOW", "wos/1 SNOW"]),
        ("雪狐", ["wos/2 ICE", "wos/2 SNOW"]),
        ("anna", ["ks/1 SNOW", "wos/1 SNOW"]),
        ("99", ["wos/99 SNOW"]),
        ("wos/99", ["wos/99 SNOW"]),
    ],
)
async def test_a_player_is_found_by_key_by_fid_and_by_name_also_when_removed(
    service: Service, filled: Any, player: str, found: Any
) -> None:
    assert await keys(service, player=player) == found


async def test_a_code_that_nobody_tried_yet_is_known_and_one_of_another_spelling_is_told(
    service: Service, filled: Any
) -> None:
    await filled.commit(Put(Code("wos", "NewOne")))
    assert await keys(service, code=" NewOne\u200b") == []
    with pytest.raises(NotFound, match="code NEWONE: no such code, but there is NewOne: case matters"):
        await read_history(service, code="NEWONE")
    with pytest.raises(NotFound, match=r"code NewOne \(ks\): no such code"):
        await read_history(service, code="NewOne", game="ks")


async def test_filters_add_up(service: Service, filled: Any) -> None:
    assert await keys(service, player="Anna", game="ks") == ["ks/1 SNOW"]
    assert await keys(service, player="2", code="ICE") == ["wos/2 ICE"]
    assert await keys(service, player="99", code="ICE") == []


async def test_nobody_of_that_name_is_an_error_and_nothing_redeemed_is_none(
    service: Service, filled: Any
) -> None:
    with pytest.raises(NotFound, match="player 'Zoe': nobody of that name or fid"):
        await read_history(service, player="Zoe")
    await filled.commit(Put(Player("wos", "5", "7", "Eve")))
    assert await keys(service, player="Eve") == []


async def test_of_a_long_history_the_newest_are_told(service: Service, filled: Any) -> None:
    assert await keys(service, limit="2") == ["wos/2 SNOW", "wos/1 SNOW"]
    assert await keys(service, limit="1", player="2") == ["wos/2 SNOW"]
    assert await keys(service, limit="2", code="SNOW", game="wos") == ["wos/2 SNOW", "wos/1 SNOW"]


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "many", "٣", "1e3", "9" * 5000])
async def test_a_limit_is_a_number_within_bounds(service: Service, limit: str) -> None:
    with pytest.raises(Refused, match="must be a number from 1 to 10000"):
        await read_history(service, limit=limit)


ENDED_AT = st.one_of(st.none(), st.integers(1, 30).map(float))


@given(
    ends=st.lists(ENDED_AT, min_size=1, max_size=5),
    times=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30).map(float)), max_size=20),
    limit=st.integers(1, 8),
)
async def test_the_newest_are_the_same_whether_all_codes_are_read_or_few(
    ends: Any, times: Any, limit: int
) -> None:
    """A code that ended (at a time; None: it lives) has no calls after its end."""
    codes = [
        Code("wos", f"C{n}", CodeState.LIVE if end is None else CodeState.EXPIRED, ended_at=end)
        for n, end in enumerate(ends)
    ]
    pairs = [
        Redemption("wos", str(number), f"C{n % len(ends)}", last_at=min(at, ends[n % len(ends)] or at))
        for number, (n, at) in enumerate(times)
    ]
    store = MemoryStore()
    await store.commit(*map(Put, [*codes, *pairs]))
    service = Service(store, SteadyClock(), lambda: {"wos": "v2"})
    rows = await read_history(service, limit=str(limit))
    by_age = sorted(pairs, key=lambda pair: (pair.last_at or 0.0, pair.key))
    assert [row.record for row in rows] == by_age[-limit:]


@given(
    ends=st.lists(ENDED_AT, min_size=1, max_size=5),
    times=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30).map(float)), max_size=20),
    chosen=st.sets(st.integers(0, 19)),
    most=st.integers(1, 3),
    many=st.sampled_from([0, 500]),
)
async def test_the_newest_of_some_players_are_the_same_player_by_player_and_code_by_code(
    *, ends: Any, times: Any, chosen: Any, most: int, many: int
) -> None:
    codes = [
        Code(
            ("wos", "ks")[n % 2], f"C{n}", CodeState.LIVE if end is None else CodeState.EXPIRED, ended_at=end
        )
        for n, end in enumerate(ends)
    ]
    pairs = {
        pair.key: pair
        for number, (n, at) in enumerate(times)
        for code in [codes[n % len(codes)]]
        for pair in [Redemption(code.game, str(number // 2), code.code, last_at=min(at, code.ended_at or at))]
    }
    store = MemoryStore()
    await store.commit(*map(Put, [*codes, *pairs.values()]))
    service = Service(store, SteadyClock(), lambda: {"wos": "v2", "ks": "v2"})
    players = {PlayerKey(("wos", "ks")[number % 2], str(number // 2)) for number in chosen}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "MANY", many)
        found = await history.newest_of(service, players, most)
    theirs = [pair for pair in pairs.values() if pair.player_key in players]
    assert found == sorted(theirs, key=lambda pair: (pair.last_at or 0.0, pair.key), reverse=True)[:most]


async def test_codes_that_ended_long_ago_are_not_read_for_the_newest(
    service: Service, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Code("wos", "OLD", CodeState.EXPIRED, ended_at=5.0)
    new = Redemption("wos", "1", "NEW", last_at=9.0)
    await store.commit(Put(old), Put(Code("wos", "NEW")), Put(new), Put(Redemption("wos", "1", "OLD")))
    asked: list[Any] = []
    find = store.find

    async def watched(type_: Any, **equal: Any) -> Any:
        asked.append(equal.get("code"))
        return await find(type_, **equal)

    monkeypatch.setattr(store, "find", watched)
    assert await keys(service, limit="1") == ["wos/1 NEW"]
    assert "OLD" not in asked


async def test_the_trial_of_an_ended_code_is_among_the_newest(service: Service, store: MemoryStore) -> None:
    old = Code("wos", "OLD", CodeState.EXPIRED, ended_at=5.0, canary_at=20.0, canary="7")
    pairs = [Redemption("wos", "1", "NEW", last_at=9.0), Redemption("wos", "7", "OLD", 2, last_at=21.0)]
    await store.commit(Put(old), Put(Code("wos", "NEW")), *map(Put, pairs))
    assert await keys(service, limit="1") == ["wos/7 OLD"]
    assert await keys(service) == ["wos/1 NEW", "wos/7 OLD"]


async def test_a_name_counts_where_nobody_has_such_a_fid(service: Service, filled: Any) -> None:
    await filled.commit(Put(Player("wos", "3", "7", "2")))
    assert await keys(service, player="2") == ["wos/2 ICE", "wos/2 SNOW"]


async def test_an_unknown_game_is_refused(service: Service) -> None:
    with pytest.raises(Refused, match="game 'chess'"):
        await read_history(service, game="chess")


async def test_the_document_of_a_pair_has_exactly_the_documented_fields(
    service: Service, filled: Any
) -> None:
    (row,) = await read_history(service, player="wos/1")
    assert history_document(row) == {
        "game": "wos",
        "fid": "1",
        "name": "Anna",
        "code": "SNOW",
        "outcome": "redeemed",
        "status": "SUCCESS",
        "attempts": 0,
        "first_at": "1970-01-01T00:00:05Z",
        "last_at": "1970-01-01T00:00:09Z",
    }


def test_a_time_that_is_no_date_is_none() -> None:
    assert iso(None) is iso(1e30) is iso(float("nan")) is None
    assert code_document(Code("wos", "SNOW", expires=1e18))["expires"] is None


async def test_before_any_guild_is_set_up_there_is_the_terminal(service: Service) -> None:
    (guild,) = await list_guilds(service)
    assert guild_document(guild) == {"id": "terminal", "name": "Terminal", "priority": 0, "channels": []}


async def test_guilds_are_listed_by_priority_with_their_channels(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(
        Put(Guild("1", "Low")),
        Put(Guild("2", "High", priority=5, channels=(Channel("77", 60.0, ("wos",)),))),
    )
    guilds = [guild_document(guild) for guild in await list_guilds(service)]
    assert [guild["name"] for guild in guilds] == ["High", "Low"]
    assert guilds[0]["channels"] == [{"id": "77", "since": "1970-01-01T00:01:00Z", "games": ["wos"]}]
