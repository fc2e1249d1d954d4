from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Player, Registration
from actors.ports import Put, StoreUnavailable
from daemon.service import (
    NotFound,
    Refused,
    Service,
    add_player,
    list_players,
    remove_player,
)
from daemon.service.values import MAX_NAME, read_fid, read_name, read_state
from daemon.storage import MemoryStore


async def test_an_added_player_is_stored_with_the_operators_registration_in_one_batch(
    service: Service, store: MemoryStore
) -> None:
    added = await add_player(service, game="wos", fid="123", state="456", name="Frostbjörn")
    assert added.result == "added"
    (batch,) = store.history
    assert [change.record.key for change in batch.changes] == ["wos/123", "terminal//wos/123"]
    assert await store.get(Player, "wos/123") == added.player


async def test_the_campaign_is_told_of_a_new_player(service: Service, told: Any) -> None:
    await add_player(service, game="wos", fid="123", state="456")
    assert told.changes == [frozenset({"players"})]


async def test_adding_the_same_player_again_changes_nothing_and_says_so(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await add_player(service, game="wos", fid="123", state="456", name="X")
    again = await add_player(service, game="wos", fid="123", state="456", name="X")
    assert again.result == "unchanged"
    assert len(store.history) == len(told.changes) == 1


async def test_another_state_number_corrects_the_player(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await add_player(service, game="wos", fid="123", state="456", name="X")
    again = await add_player(service, game="wos", fid="123", state="457")
    assert (again.result, again.changes) == ("updated", ("state 456 → 457",))
    stored = await store.get(Player, "wos/123")
    assert (stored.state, stored.name) == ("457", "X")
    assert len(told.changes) == 2


async def test_what_was_not_written_stays_as_it_is_stored(service: Service, store: MemoryStore) -> None:
    await store.commit(Put(Player("wos", "123", "456", "X", auto_redeem=False, added_at=7.0)))
    await add_player(service, game="wos", fid="123", name="Y")
    assert await store.get(Player, "wos/123") == Player(
        "wos", "123", "456", "Y", auto_redeem=False, added_at=7.0
    )


async def test_a_player_that_another_guild_registered_gets_the_operators_registration_too(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(Put(Player("wos", "1", "2")), Put(Registration("guild", "member", "wos", "1")))
    added = await add_player(service, game="wos", fid="1")
    assert added.result == "unchanged"
    assert [one.guild for one in await store.find(Registration)] == ["guild", "terminal"]


@pytest.mark.parametrize(
    ("player", "says"),
    [
        ({"game": "wso", "fid": "1", "state": "2"}, "game 'wso' is not configured: use one of wos, ks"),
        ({"game": "", "fid": "1", "state": "2"}, "which game? Name one of wos, ks with --game"),
        ({"game": "wos", "fid": "12a", "state": "2"}, "fid '12a': a fid is the decimal number"),
        ({"game": "wos", "fid": "", "state": "2"}, "fid is missing: a fid is the decimal number"),
        ({"game": "wos", "fid": "٣", "state": "2"}, "fid '٣'"),
        ({"game": "wos", "fid": "0123", "state": "2"}, "fid '0123'"),
        ({"game": "wos", "fid": "9" * 99, "state": "2"}, "fid '999"),
        ({"game": "wos", "fid": "9" * 23, "state": "2"}, "23 digits: at most 20 digits"),
        ({"game": "wos", "fid": "1", "state": "S2"}, "state 'S2': must be the number of the player's state"),
        ({"game": "wos", "fid": "1"}, "state is missing: wos redeems by fid and state number"),
        ({"game": "ks", "fid": "1", "name": "x" * 65}, "65 characters: at most 64"),
    ],
)
async def test_a_wrong_value_is_refused_by_name_and_nothing_is_stored(
    service: Service, store: MemoryStore, player: dict[str, str], says: str
) -> None:
    with pytest.raises(Refused) as refused:
        await add_player(service, **player)
    assert says in str(refused.value)
    assert store.history == []


async def test_a_game_of_protocol_v1_needs_no_state_number(service: Service) -> None:
    assert (await add_player(service, game="ks", fid="9")).player.state == ""


async def test_the_only_game_need_not_be_named(service: Service, store: MemoryStore) -> None:
    only = Service(store, service.clock, lambda: {"ks": "v1"})
    assert (await add_player(only, game="", fid="9")).player.game == "ks"


async def test_without_any_game_the_way_out_is_the_configuration(
    service: Service, store: MemoryStore
) -> None:
    none = Service(store, service.clock, dict)
    with pytest.raises(Refused, match="add a section"):
        await add_player(none, game="wos", fid="9")


async def test_players_are_listed_by_game_and_fid_as_a_number(service: Service) -> None:
    for game, fid in (("wos", "20"), ("wos", "3"), ("ks", "100")):
        await add_player(service, game=game, fid=fid, state="1")
    assert [one.key for one in await list_players(service)] == ["ks/100", "wos/3", "wos/20"]
    assert [one.key for one in await list_players(service, game="ks")] == ["ks/100"]


async def test_a_removed_player_takes_every_registration_along(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await add_player(service, game="wos", fid="1", state="2")
    await store.commit(
        Put(Registration("guild", "member", "wos", "1")), Put(Registration("guild", "m", "wos", "7"))
    )
    removed = await remove_player(service, game="wos", fid="1")
    assert (removed.player.key, removed.registrations) == ("wos/1", 2)
    assert await store.find(Player) == []
    assert [one.fid for one in await store.find(Registration)] == ["7"]
    assert told.changes[-1] == frozenset({"players"})


async def test_removing_who_is_not_there_says_so(service: Service) -> None:
    with pytest.raises(NotFound, match="player wos/9: not registered"):
        await remove_player(service, game="wos", fid="9")


async def test_a_player_of_a_game_that_is_configured_no_more_can_be_removed(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(Put(Player("old", "1")))
    assert (await remove_player(service, game="old", fid="1")).player.game == "old"


async def test_a_commit_with_an_unknown_end_is_told_to_the_campaign(
    service: Service, store: MemoryStore, told: Any
) -> None:
    store.lose_answers = True
    with pytest.raises(StoreUnavailable):
        await add_player(service, game="wos", fid="1", state="2")
    assert told.changes == [frozenset({"players"})]


@given(st.text())
def test_a_fid_is_read_as_plain_digits_or_refused(text: str) -> None:
    try:
        fid = read_fid(text)
    except Refused:
        return
    assert fid.isascii()
    assert fid.isdigit()


@given(st.text(alphabet=st.characters(), max_size=100))
def test_a_name_comes_out_printable_and_bounded_and_reading_it_again_changes_nothing(text: str) -> None:
    try:
        name = read_name(text)
    except Refused:
        return
    assert len(name) <= MAX_NAME
    assert name == read_name(name)
    assert not any(char in name for char in "\n\r\x1b\x00\u202e")
    name.encode()


def test_pasted_blanks_and_hidden_characters_are_dropped() -> None:
    assert read_fid(" 123\u200b\n") == "123"
    assert read_state("#1187 ") == "1187"
    assert read_name("  Frost\tbjörn\u202e  ") == "Frost björn"


def test_joiners_in_a_name_stay() -> None:
    for name in ("👨\u200d👩\u200d👧", "می\u200cروم", "❤\ufe0f\u200d🔥"):
        assert read_name(name) == name


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u2066", "\ue000", "\x07", "\udc80"]
)
def test_what_nobody_sees_is_dropped_from_a_name(hidden: str) -> None:
    assert read_name(f"{hidden}Fr{hidden}ost {hidden} x{hidden}") == "Frost x"


def test_joiners_that_join_nothing_are_no_name() -> None:
    assert read_name("\u200d") == read_name(" \u200c\u200d \u200b") == ""
    assert read_name("\u200dAnna \u200d") == "Anna"
