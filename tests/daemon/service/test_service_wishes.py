"""Codes asked for by hand: for whom, what is answered, and what is stored."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import Code, CodeState, Guild, Outcome, Player, Redemption, Registration, Wish
from actors.ports import Put
from daemon.clock import SteadyClock
from daemon.service import NotFound, Refused, Service, wish
from daemon.service.audit import list_audit
from daemon.storage import MemoryStore

SNOW = Code("wos", "SNOW", first_seen=1.0)
ANN = Player("wos", "123", "7", "Ann")


async def fill(store: MemoryStore, *more: Any, guild: Guild | None = None) -> None:
    """Ann registered 123 in server 77; SNOW is live."""
    registration = Registration("77", "ann", "wos", "123")
    await store.commit(*map(Put, (SNOW, ANN, registration, guild or Guild("77", "Snow"), *more)))


async def ask(service: Service, **changed: Any) -> Any:
    values = {"guild": "77", "member": "ann", "game": "wos", "code": "SNOW"}
    return await wish(service, **{**values, **changed})


async def test_a_wish_is_stored_and_the_campaign_told(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await fill(store, guild=Guild("77", "Snow", auto_redeem=False))
    (wished,) = await ask(service)
    assert (wished.result, wished.player, wished.waiting, wished.status) == ("wished", ANN, False, "")
    assert await store.find(Wish) == [Wish("wos", "123", "SNOW", 1, service.clock.now(), "77", "ann")]
    assert told.changes == [frozenset({"wishes"})]


async def test_for_all_of_a_members_players_of_that_game_or_for_the_one_that_is_named(
    service: Service, store: MemoryStore
) -> None:
    others = [Player("wos", "99", "7"), Player("ks", "5", "7"), Player("wos", "7777", "7")]
    theirs = [Registration("88", "ann", p.game, p.fid) for p in others[:2]]
    await fill(store, *others, *theirs, Registration("77", "bob", "wos", "7777"))
    assert [one.player.fid for one in await ask(service)] == ["99", "123"]
    assert [one.player.fid for one in await ask(service, fid=" 99 ")] == ["99"]
    assert [one.player.fid for one in await ask(service, guild="", fid="123")] == ["123"]
    with pytest.raises(NotFound, match="player wos/7777: you have not registered it"):
        await ask(service, fid="7777")
    assert [one.player.fid for one in await ask(service, fid="7777", admin=True)] == ["7777"]
    with pytest.raises(NotFound, match="you have not registered it"):
        await ask(service, fid="7777", admin=True, guild="")
    assert [one.player.fid for one in await ask(service, fid="7777", owner=True, guild="")] == ["7777"]
    with pytest.raises(NotFound, match="you have registered no player of wos: /register does that"):
        await ask(service, member="eve")


async def test_what_an_admin_asks_for_somebody_elses_player_is_in_the_audit_log(
    service: Service, store: MemoryStore
) -> None:
    bob = [Player("wos", "7777", "7"), Registration("77", "bob", "wos", "7777")]
    await fill(store, *bob, Redemption("wos", "7777", "SNOW", 1, Outcome.FAILED, "TIME_ERROR"))
    await ask(service)
    await ask(service, fid="123", admin=True)
    assert await list_audit(service, None) == []
    await ask(service, fid="7777", admin=True)
    (of_guild,) = await list_audit(service, "77")
    assert (of_guild.member, of_guild.action) == ("ann", "redeem")
    assert of_guild.details == "code SNOW for player wos/7777"
    await ask(service, fid="7777", guild="", owner=True)
    (of_owner,) = await list_audit(service, "")
    assert (of_owner.member, of_owner.details) == ("ann", of_guild.details)


async def test_where_nothing_was_to_be_done_the_audit_log_has_nothing(
    service: Service, store: MemoryStore
) -> None:
    await fill(store, Redemption("wos", "123", "SNOW", 1, Outcome.REDEEMED))
    assert [one.result for one in await ask(service, member="eve", fid="123", admin=True)] == ["already"]
    assert await list_audit(service, None) == []


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (CodeState.EXPIRED, "has expired"),
        (CodeState.INVALID, "does not exist, says the game"),
        (CodeState.USED_UP, "is used up"),
        (CodeState.RETIRED, "was retired by an admin"),
    ],
)
async def test_an_ended_code_is_refused_and_it_is_said_why(
    service: Service, store: MemoryStore, state: CodeState, why: str
) -> None:
    await fill(store)
    await store.commit(Put(evolve(SNOW, state=state)))
    with pytest.raises(Refused, match=rf"^code SNOW \(wos\) {why}.*: nobody can redeem it any more$"):
        await ask(service)
    assert await store.find(Wish) == []


async def test_a_code_that_there_is_not_is_not_found(service: Service, store: MemoryStore) -> None:
    await fill(store)
    with pytest.raises(NotFound, match="no such code, but there is SNOW: case matters"):
        await ask(service, code="snow")
    with pytest.raises(NotFound, match="no such code: /codes list shows those there are"):
        await ask(service, code="FROST")
    with pytest.raises(Refused, match="one code at a time"):
        await ask(service, code="A B")


async def test_a_wish_is_for_the_present_activation(service: Service, store: MemoryStore) -> None:
    await fill(store, Redemption("wos", "123", "SNOW", 1, Outcome.REDEEMED))
    assert [one.result for one in await ask(service)] == ["already"]
    await store.commit(Put(evolve(SNOW, activation=2)))
    assert [one.result for one in await ask(service)] == ["on_its_way"]
    assert [one.activation for one in await store.find(Wish)] == [2]


async def test_who_asks_again_and_again_has_to_wait(service: Service, store: MemoryStore) -> None:
    await fill(store)
    for _ in range(30):
        await ask(service)
    with pytest.raises(Refused, match="you have asked 30 times in ten minutes"):
        await ask(service)


@given(
    outcome=st.none() | st.sampled_from(Outcome),
    last_at=st.none() | st.floats(0, 1e9),
    wished_at=st.none() | st.floats(0, 1e9),
    auto=st.booleans(),
    paused=st.booleans(),
)
async def test_what_is_answered_is_what_the_campaign_does(
    *, outcome: Any, last_at: Any, wished_at: Any, auto: bool, paused: bool
) -> None:
    store = MemoryStore()
    guild = Guild("77", "Snow", auto_redeem=auto, paused=paused)
    record = None if outcome is None else Redemption("wos", "123", "SNOW", outcome=outcome, last_at=last_at)
    before = None if wished_at is None else Wish("wos", "123", "SNOW", 1, wished_at, "77", "ann")
    await fill(store, *filter(None, [record, before]), guild=guild)
    service = Service(store, SteadyClock(), lambda: {"wos": "v2"})

    def owed(wishes: list[Wish]) -> bool:
        ledger = Ledger()
        going = evolve(guild, paused=False)
        ledger.set_players([ANN], [Registration("77", "ann", "wos", "123")], [going])
        ledger.set_code(SNOW)
        ledger.wants.set_wishes(wishes)
        if record is not None:
            ledger.set_record(record)
        return ledger.pair(ANN, SNOW) is not None

    was_owed = owed([] if before is None else [before])
    (wished,) = await ask(service)
    if outcome in {Outcome.REDEEMED, Outcome.ALREADY}:
        assert (wished.result, was_owed) == ("already", False)
        assert await store.find(Wish) == ([] if before is None else [before])
    else:
        assert wished.waiting == paused
        assert paused or wished.result == ("on_its_way" if was_owed else "wished")
        assert owed(await store.find(Wish))
