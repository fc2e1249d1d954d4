"""The campaign at work on wishes and for guilds that pause, on a virtual clock against the simulator."""

import trio
from attrs import evolve

from actors.giftcodes.campaign_messages import RetryCode
from actors.giftcodes.model import (
    CodeState,
    Guild,
    Outcome,
    Player,
    Redemption,
    Registration,
    Wish,
)
from actors.ports import Delete, Put
from daemon.service import Service, forget, unregister
from daemon.simulator import Fault, SimCode
from daemon.storage.memory import MemoryStore
from tests.worlds.giftcodes import make_rig

QUIET = Guild("g", "Quiet", auto_redeem=False)


async def a_rig(guild: Guild = QUIET, players: int = 1):
    """Players 1000, 1001, … that one guild registered, and a code SNOW."""
    rig = make_rig()
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    await rig.add_players(players)
    registrations = [Registration(guild.id, "m", "wos", str(1000 + n)) for n in range(players)]
    await rig.store.commit(Put(guild), *map(Put, registrations))
    return rig


async def wish(rig, fid: str = "1000", code: str = "SNOW") -> None:
    await rig.store.commit(Put(Wish("wos", fid, code, 1, rig.clock.now(), "g", "m")))
    await rig.changed("wishes")


async def set_up(rig, guild: Guild) -> None:
    await rig.store.commit(Put(guild))
    await rig.changed("guilds")


async def test_where_a_guild_redeems_nothing_unasked_only_what_is_wished_for_is_redeemed(autojump_clock):
    rig = await a_rig(players=2)
    async with rig.running():
        await rig.until_found("SNOW")
        await trio.sleep(600)
        assert rig.records("SNOW") == {}
        await wish(rig)
        await rig.until_settled("SNOW", 1)
        await trio.sleep(600)
    assert {fid: record.outcome for fid, record in rig.records("SNOW").items()} == {"1000": Outcome.REDEEMED}
    assert rig.calls("SNOW") == 1


async def test_a_wish_is_found_by_the_next_life_and_forgotten_when_it_is_served(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.store.commit(Put(Wish("wos", "1000", "SNOW", 1, rig.clock.now(), "g", "m")))
        rig.kill()
    async with rig.running():
        await rig.until_settled("SNOW", 1)
        assert len(rig.store.backend.find(Wish)) == 1
        await rig.changed("wishes")
        assert rig.store.backend.find(Wish) == []
    assert rig.record("SNOW").outcome is Outcome.REDEEMED


async def test_a_wish_tries_a_pair_again_that_had_failed_for_good(autojump_clock):
    rig = await a_rig(Guild("g", "G"))
    game = rig.world.games["wos"]
    game.add_code(SimCode("HIGH", min_level=100))
    async with rig.running():
        await rig.until_found("HIGH")
        await rig.until_settled("HIGH", 1)
        assert (rig.record("HIGH").outcome, rig.calls("HIGH")) == (Outcome.FAILED, 1)
        await trio.sleep(10)
        await wish(rig, code="HIGH")
        await rig.until(lambda: rig.calls("HIGH") == 2)
        await trio.sleep(600)
        assert (rig.record("HIGH").round, rig.calls("HIGH")) == (2, 2)
        game.players["1000"] = evolve(game.players["1000"], level=100)
        await wish(rig, code="HIGH")
        await rig.until(lambda: rig.record("HIGH").outcome is Outcome.REDEEMED)
    assert (rig.record("HIGH").round, rig.calls("HIGH")) == (3, 3)


async def test_a_wish_asks_for_nothing_that_was_redeemed(autojump_clock):
    rig = await a_rig(Guild("g", "G"))
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.until_settled("SNOW", 1)
        await trio.sleep(10)
        await wish(rig)
        await trio.sleep(600)
    assert rig.calls("SNOW") == 1


async def test_nothing_is_redeemed_for_a_guild_that_pauses_also_no_wishes_until_it_goes_on(autojump_clock):
    rig = await a_rig(Guild("g", "G", paused=True))
    async with rig.running():
        await rig.until_found("SNOW")
        await wish(rig)
        await trio.sleep(600)
        assert (rig.calls("SNOW"), (await rig.numbers()).owed) == (0, 0)
        await set_up(rig, Guild("g", "G"))
        await rig.until_settled("SNOW", 1)
        assert rig.calls("SNOW") == 1


async def test_a_guild_that_pauses_in_the_middle_is_left_alone_from_then_on(autojump_clock):
    rig = await a_rig(Guild("g", "G"), players=40)
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.until(lambda: rig.calls("SNOW") >= 10)
        await set_up(rig, Guild("g", "G", paused=True))
        await trio.sleep(5)
        done = rig.calls("SNOW")
        assert done < 40
        await trio.sleep(3600)
        assert rig.calls("SNOW") == done
        await set_up(rig, Guild("g", "G"))
        await rig.until_settled("SNOW", 40)
    assert rig.calls("SNOW") == 40


async def test_a_player_whom_another_guild_registered_too_is_served_while_one_pauses(autojump_clock):
    rig = await a_rig(Guild("g", "G", paused=True))
    await rig.store.commit(Put(Registration("other", "m", "wos", "1000")))
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.until_settled("SNOW", 1)
        await rig.store.commit(Delete(Registration, "other/m/wos/1000"))
        await rig.changed("registrations")
        rig.world.games["wos"].add_code(SimCode("FROST"))
        await rig.until_found("FROST")
        await trio.sleep(600)
    assert rig.calls("FROST") == 0


async def test_an_ended_code_is_not_tried_again_by_a_player_of_a_paused_guild(autojump_clock):
    rig = await a_rig(Guild("g", "G", paused=True))
    async with rig.running() as tree:
        await rig.until_found("SNOW")
        await rig.store.commit(Put(evolve(rig.code("SNOW"), state=CodeState.EXPIRED, ended_at=1.0)))
        await rig.changed("codes")
        await tree.ref("giftcodes/campaign").ask(RetryCode("wos", "SNOW"))
        await trio.sleep(600)
    assert (rig.calls("SNOW"), rig.code("SNOW").canary) == (0, "")


class Slow(MemoryStore):
    """Finding wishes takes a second; counts how often that was done."""

    reads = 0

    async def find(self, type_, **equal):
        if type_ is Wish:
            Slow.reads += 1
            await trio.sleep(1.0)
        return await super().find(type_, **equal)


async def test_wishes_that_come_in_a_row_are_read_a_few_at_a_time_and_all_are_heard(autojump_clock):
    rig = await a_rig(players=30)
    store = Slow(rig.clock.now)
    store.backend = rig.store.backend
    rig.store, rig.parts = store, evolve(rig.parts, store=lambda _: store)
    async with rig.running():
        await rig.until_found("SNOW")
        Slow.reads = 0
        for n in range(30):
            await wish(rig, str(1000 + n))
        await rig.until_settled("SNOW", 30)
    assert Slow.reads <= 12
    found = rig.store.backend.find(Redemption, code="SNOW")
    assert [record.outcome for record in found] == [Outcome.REDEEMED] * 30


async def test_a_store_that_was_away_is_asked_again_for_wishes(autojump_clock):
    rig = await a_rig()
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.store.commit(Put(Wish("wos", "1000", "SNOW", 1, rig.clock.now())))
        rig.store.away = True
        await rig.changed("wishes")
        await trio.sleep(30)
        assert rig.calls("SNOW") == 0
        rig.store.away = False
        await rig.until_settled("SNOW", 1)
    assert rig.record("SNOW").outcome is Outcome.REDEEMED
    assert rig.store.backend.find(Player)


async def test_a_player_that_comes_back_after_its_history_was_erased_is_new(autojump_clock):
    rig = await a_rig(Guild("g", "G"))
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.until_settled("SNOW", 1)
        service = Service(rig.store, rig.clock, lambda: {"wos": "v2"})
        known = await forget(service, "m")
        await rig.changed("players", "registrations")
        assert (known.redemptions, rig.records("SNOW")) == (1, {})
        await rig.store.commit(Put(Player("wos", "1000", "7")))
        await rig.changed("players")
        await rig.until_settled("SNOW", 1)
    assert (rig.record("SNOW").outcome, rig.calls("SNOW")) == (Outcome.ALREADY, 2)


async def test_a_player_that_was_removed_and_comes_back_has_what_it_had(autojump_clock):
    rig = await a_rig(Guild("g", "G"))
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.until_settled("SNOW", 1)
        await rig.store.commit(Delete(Player, "wos/1000"))
        await rig.changed("players")
        await rig.store.commit(Put(Player("wos", "1000", "7")))
        await rig.changed("players")
        await trio.sleep(600)
    assert (rig.record("SNOW").outcome, rig.calls("SNOW")) == (Outcome.REDEEMED, 1)


async def test_nothing_is_written_of_an_erased_player_when_a_code_ends(autojump_clock):
    rig = await a_rig(Guild("g", "G"), players=2)
    rig.world.order(Fault(answer="TIMEOUT RETRY", fid="1000"))
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.until(lambda: "1000" in rig.records("SNOW"))
        await trio.sleep(1)
        service = Service(rig.store, rig.clock, lambda: {"wos": "v2"})
        await unregister(service, guild="g", member="m", game="wos", fid="1001")
        await forget(service, "m")
        await rig.changed("players", "registrations")
        await rig.store.commit(Put(evolve(rig.code("SNOW"), state=CodeState.RETIRED, ended_at=1.0)))
        await rig.changed("codes")
        await trio.sleep(60)
    assert "1000" not in rig.records("SNOW")
