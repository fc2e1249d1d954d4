"""Members register players; who may correct what; when a player goes."""

from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import (
    TERMINAL_GUILD,
    Audit,
    Guild,
    Player,
    Redemption,
    Registration,
    Wish,
)
from actors.giftcodes.verifier import Verified
from actors.ports import Put, StoreUnavailable
from daemon.clock import SteadyClock
from daemon.service import (
    NotFound,
    Refused,
    Service,
    add_player,
    list_guild,
    list_mine,
    register_player,
    unregister,
)
from daemon.service.allowance import MOST, PERIOD, Allowance
from daemon.storage import MemoryStore

RIGHT = Verified("right", "CDK_NOT_FOUND")


class Game:
    """What the game says of players: (fid, state) it knows; `answer` is said of all."""

    def __init__(self, *known: tuple[str, str], answer: Verified | None = None) -> None:
        self.known, self.answer, self.asked = set(known), answer, []

    async def __call__(self, player: Player) -> Verified:
        await trio.lowlevel.checkpoint()
        self.asked.append((player.fid, player.state))
        if self.answer is not None:
            return self.answer
        return RIGHT if (player.fid, player.state) in self.known else Verified("wrong_state", "WRONG_STATE")


async def register(service: Service, verify: Any = None, /, **changed: Any) -> Any:
    """Ann registers player 123 of state 7 in server 77, unless said otherwise."""
    values = {"guild": "77", "guild_name": "Snow", "member": "ann", "game": "wos", "fid": "123", "state": "7"}
    return await register_player(service, verify or Game(answer=RIGHT), **{**values, **changed})


# --- registering --------------------------------------------------------------------------------


async def test_a_player_is_stored_with_its_registration_and_guild_in_one_batch(
    service: Service, store: MemoryStore, told: Any
) -> None:
    game = Game(("123", "7"))
    done = await register(service, game, name="Ann", mention=True)
    assert (done.result, done.is_new, done.verified, done.status) == ("added", True, True, "CDK_NOT_FOUND")
    assert game.asked == [("123", "7")]
    (batch,) = store.history
    assert [change.record.key for change in batch.changes] == ["wos/123", "77/ann/wos/123", "77"]
    assert (await store.get(Guild, "77")).name == "Snow"
    (registration,) = await store.find(Registration, member="ann")
    assert (registration.mention, registration.at) == (True, service.clock.now())
    assert told.changes == [frozenset({"players", "registrations", "guilds"})]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Verified("wrong_state"), "player 123 was not found in state 7 of wos: fid or state number is wrong"),
        (Verified("no_such_player"), "wos knows no player 123: the profile page in the game shows the fid"),
    ],
)
async def test_a_player_that_the_game_does_not_know_is_refused_and_not_stored(
    service: Service, store: MemoryStore, answer: Verified, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        await register(service, Game(answer=answer))
    assert store.history == []


async def test_where_nothing_can_be_found_out_the_player_is_registered_all_the_same_and_that_is_said(
    service: Service, store: MemoryStore
) -> None:
    done = await register(service, Game(answer=Verified("unknown", "UPSTREAM_ERROR")))
    assert (done.result, done.verified, done.status) == ("added", False, "UPSTREAM_ERROR")
    assert await store.get(Player, "wos/123") == done.player
    offline = await register(service, service.verify, fid="124")
    assert (offline.verified, offline.status) == (False, "")


async def test_the_game_is_not_asked_about_values_that_can_not_be_taken(
    service: Service, store: MemoryStore
) -> None:
    game = Game()
    for wrong in ({"game": "pubg"}, {"fid": "12x"}, {"state": "x"}, {"state": ""}, {"name": "x" * 65}):
        with pytest.raises(Refused):
            await register(service, game, **wrong)
    assert (game.asked, store.history) == ([], [])


async def test_a_name_that_the_game_tells_counts_more_than_what_was_written(service: Service) -> None:
    done = await register(service, Game(answer=Verified("right", "SUCCESS", "雪狐")), game="ks", name="me")
    assert done.player.name == "雪狐"


async def test_registering_again_changes_nothing_but_what_is_named(
    service: Service, store: MemoryStore
) -> None:
    await register(service, mention=True)
    again = await register(service, state="")
    assert (again.result, again.is_new, len(store.history)) == ("unchanged", False, 1)
    silent = await register(service, mention=False)
    assert (silent.result, silent.is_new, silent.mention) == ("unchanged", False, False)
    assert [one.mention for one in await store.find(Registration)] == [False]
    same = [again, await register(service, mention=False), await register(service)]
    assert [one.mention for one in same] == [None, None, None]
    both = await register(service, state="8", mention=True)
    assert (both.result, both.mention) == ("updated", True)


async def test_a_guild_that_is_called_otherwise_now_keeps_its_settings(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(Put(Guild("77", "Old", priority=4, auto_redeem=False)))
    await register(service)
    assert await store.get(Guild, "77") == Guild("77", "Snow", priority=4, auto_redeem=False)
    await register(service, guild_name="")
    assert (await store.get(Guild, "77")).name == "Snow"


# --- who may correct ----------------------------------------------------------------------------


async def test_who_registered_a_player_corrects_its_state_from_any_guild(service: Service) -> None:
    await register(service)
    done = await register(service, guild="88", state="8", name="Ann")
    assert (done.result, done.changes) == ("updated", ("state 7 → 8", "name (none) → Ann"))


async def test_another_member_can_register_a_player_but_not_correct_it(
    service: Service, store: MemoryStore
) -> None:
    await register(service, name="Ann")
    game = Game(answer=RIGHT)
    with pytest.raises(Refused, match="player wos/123 is registered by others with another state number"):
        await register(service, game, member="bob", state="8")
    assert game.asked == []
    done = await register(service, member="bob", name="Mine now")
    assert (done.result, done.is_new, done.player.name) == ("unchanged", True, "Ann")
    assert (await register(service, member="bob", state="9")).player.state == "9"
    assert (await store.get(Player, "wos/123")).name == "Ann"


async def test_an_admin_corrects_what_was_registered_in_its_own_guild_only(service: Service) -> None:
    await register(service)
    with pytest.raises(Refused, match="registered by others"):
        await register(service, guild="88", member="eve", state="8", admin=True)
    assert await service.store.find(Audit) == []
    done = await register(service, member="eve", state="8", admin=True)
    (audit,) = await service.store.find(Audit)
    assert (audit.guild, audit.member, audit.action) == ("77", "eve", "register")
    assert audit.details == "player wos/123, registered by others: state 7 → 8"
    assert done.changes == ("state 7 → 8",)


async def test_what_is_not_known_of_a_player_anybody_may_add(service: Service, store: MemoryStore) -> None:
    await store.commit(Put(Player("ks", "123")), Put(Registration(TERMINAL_GUILD, "", "ks", "123")))
    done = await register(service, game="ks", state="7", name="Ann")
    assert (done.player.state, done.player.name) == ("7", "Ann")


async def test_a_correction_that_somebody_else_made_meanwhile_is_not_undone(service: Service) -> None:
    async def meanwhile(_player: Player) -> Verified:
        await register(service, member="bob", state="8")
        return RIGHT

    with pytest.raises(Refused, match="another state number"):
        await register(service, meanwhile)
    assert [row.player.state for row in await list_guild(service, guild="77")] == ["8"]


# --- how many -----------------------------------------------------------------------------------


async def test_a_member_has_so_many_players_over_all_guilds_and_an_admin_any_number(service: Service) -> None:
    for number in range(1, 4):
        await register(service, fid=str(number), guild=str(number), most=3)
    with pytest.raises(Refused, match="you have registered 3 players: 3 are allowed for one member"):
        await register(service, fid="4", most=3)
    await register(service, fid="3", guild="77", most=3)
    await register(service, fid="4", most=3, admin=True)
    assert [row.player.fid for row in await list_mine(service, member="ann")] == ["1", "2", "3", "4"]
    assert [row.player.fid for row in await list_mine(service, member="ann", guild="77")] == ["3", "4"]


async def test_the_service_says_how_many_where_nobody_else_does(store: MemoryStore, service: Service) -> None:
    few = Service(store, service.clock, service.games, players_per_member=lambda: 1)
    await register(few)
    with pytest.raises(Refused, match="1 players: 1 are allowed"):
        await register(few, fid="124")


async def test_who_tries_fids_one_after_the_other_has_to_wait(service: Service) -> None:
    game = Game()
    for number in range(1, 11):
        with pytest.raises(Refused, match="was not found"):
            await register(service, game, fid=str(number))
    with pytest.raises(Refused, match=r"tried 10 times in ten minutes.*try again in 10 min"):
        await register(service, game)
    assert len(game.asked) == 10
    await register(service, member="bob")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 400)), max_size=30), st.integers(1, 4))
def test_nobody_has_more_tries_than_are_allowed_within_any_period(steps: Any, most: int) -> None:
    allowance, now = Allowance(), 1000.0
    taken: dict[str, list[float]] = {"a": [], "b": []}
    for person, step in steps:
        now += step
        wait = allowance.take(person, now, most)
        recent = [at for at in taken[person] if at > now - PERIOD]
        assert (wait == 0.0) == (len(recent) < most)
        if wait == 0.0:
            taken[person].append(now)
        else:
            assert allowance.take(person, now + wait + 0.001, most) == 0.0
            taken[person].append(now + wait + 0.001)
            now += wait + 0.001
    assert MOST > 0


# --- unregistering ------------------------------------------------------------------------------


async def test_a_player_goes_with_the_last_who_registered_it_and_its_history_stays(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await register(service)
    await register(service, member="bob")
    pair = Redemption("wos", "123", "SNOW")
    await store.commit(Put(pair), Put(Wish("wos", "123", "SNOW", 1, 5.0, "77", "ann")))
    first = await unregister(service, guild="77", member="ann", game="wos", fid="123")
    assert (first.registrations, first.is_gone) == (1, False)
    assert await store.get(Player, "wos/123") is not None
    last = await unregister(service, guild="77", member="bob", game="wos", fid="123")
    assert (last.registrations, last.is_gone, last.player.state) == (1, True, "7")
    assert await store.find(Player) == await store.find(Registration) == await store.find(Wish) == []
    assert await store.find(Redemption) == [pair]
    assert told.changes[-1] == frozenset({"players", "registrations", "wishes"})


async def test_what_the_operator_added_stays_when_members_leave_it(
    service: Service, store: MemoryStore
) -> None:
    await add_player(service, game="wos", fid="123", state="7")
    await register(service)
    assert not (await unregister(service, guild="77", member="ann", game="wos", fid="123")).is_gone
    assert await store.get(Player, "wos/123") is not None


async def test_a_member_removes_only_its_own_and_an_admin_all_of_its_guild(
    service: Service, store: MemoryStore
) -> None:
    for guild, member in (("77", "ann"), ("77", "bob"), ("88", "ann")):
        await register(service, guild=guild, member=member)
    with pytest.raises(NotFound, match="player wos/123: you have not registered it"):
        await unregister(service, guild="77", member="eve", game="wos", fid="123")
    with pytest.raises(NotFound, match="nobody in this server registers it"):
        await unregister(service, guild="99", member="eve", game="wos", fid="123", admin=True)
    gone = await unregister(service, guild="77", member="eve", game="wos", fid="123", admin=True)
    assert (gone.registrations, gone.is_gone) == (2, False)
    (audit,) = await store.find(Audit)
    assert (audit.guild, audit.member, audit.action) == ("77", "eve", "unregister")
    assert audit.details == "player wos/123, registered by 2 others"
    assert [one.guild for one in await store.find(Registration)] == ["88"]


async def test_in_a_direct_message_a_member_removes_what_it_registered_anywhere(service: Service) -> None:
    for guild in ("77", "88"):
        await register(service, guild=guild)
    await register(service, member="bob")
    gone = await unregister(service, guild="", member="ann", game="wos", fid="123", admin=True)
    assert (gone.registrations, gone.is_gone) == (2, False)


async def test_registering_and_unregistering_at_once_never_leaves_a_registration_without_its_player(
    autojump_clock: Any,
) -> None:
    class Slow(MemoryStore):
        """Takes its time, so that whoever does not wait for others gets in between."""

        async def commit(self, *changes: Any) -> Any:
            await trio.sleep(0.5)
            return await super().commit(*changes)

        async def find(self, type_: Any, **equal: Any) -> Any:
            await trio.sleep(0.1)
            return await super().find(type_, **equal)

    store = Slow()
    service = Service(store, SteadyClock(), lambda: {"wos": "v2"})

    async def come_and_go(member: str) -> None:
        for _ in range(4):
            await register(service, member=member)
            await unregister(service, guild="77", member=member, game="wos", fid="123")
        await register(service, member=member)

    async with trio.open_nursery() as nursery:
        for member in ("ann", "bob", "eve"):
            nursery.start_soon(come_and_go, member)
    assert len(await store.find(Registration)) == 3
    assert len(await store.find(Player)) == 1


# --- lists --------------------------------------------------------------------------------------


async def test_a_guilds_players_are_listed_once_with_everybody_who_registered_them(service: Service) -> None:
    for fid in map(str, range(1, 30)):
        await register(service, fid=fid, admin=True, member=f"m{fid}")
    await register(service, fid="2", member="bob")
    await register(service, fid="2", guild="88", member="eve")
    rows = await list_guild(service, guild="77", game="wos")
    assert [row.player.fid for row in rows] == list(map(str, range(1, 30)))
    assert [one.member for one in rows[1].registrations] == ["bob", "m2"]
    assert await list_guild(service, guild="77", game="ks") == []


async def test_without_the_store_nothing_is_registered(service: Service, store: MemoryStore) -> None:
    store.away = True
    with pytest.raises(StoreUnavailable):
        await register(service)
    store.away = False
    assert (await register(service)).is_new
