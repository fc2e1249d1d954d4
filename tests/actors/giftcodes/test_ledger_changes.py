"""When players, registrations or guilds change, only those are looked at for whom that may mean something."""

import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import Code, Guild, Outcome, Player, PlayerKey, Redemption, Registration, Wish
from actors.ports import Put
from daemon.simulator import SimCode, SimPlayer
from daemon.storage.memory import MemoryStore
from tests.worlds.giftcodes import make_rig

CODES = [Code("wos", "SNOW", first_seen=10.0), Code("wos", "HAIL", first_seen=20.0)]
fids, names = st.sampled_from("0123"), st.sampled_from("gh")
players = st.lists(
    st.builds(Player, st.just("wos"), fids, st.sampled_from("78"), auto_redeem=st.booleans()),
    unique_by=lambda player: player.fid,
)
registrations = st.lists(st.builds(Registration, names, st.just("m"), st.just("wos"), fids))
guilds = st.lists(
    st.builds(
        Guild, names, st.just("G"), st.integers(-1, 1), auto_redeem=st.booleans(), paused=st.booleans()
    ),
    unique_by=lambda guild: guild.id,
)
settings = st.tuples(players, registrations, guilds)
records = st.lists(
    st.builds(
        Redemption,
        st.just("wos"),
        fids,
        st.sampled_from(["SNOW", "HAIL"]),
        outcome=st.sampled_from(Outcome),
        status=st.sampled_from(["WRONG_STATE", "LEVEL_TOO_LOW"]),
        state=st.sampled_from("78"),
        last_at=st.just(15.0),
    )
)
wishes = st.lists(
    st.builds(Wish, st.just("wos"), fids, st.just("SNOW"), st.just(1), st.sampled_from([5.0, 25.0]))
)


@given(before=settings, after=settings, records=records, wishes=wishes)
def test_whoever_is_not_among_the_changed_is_owed_what_was_owed(before, after, records, wishes):
    ledger = Ledger()
    for code in CODES:
        ledger.set_code(code)
    ledger.set_players(*before)
    for record in records:
        ledger.set_record(record)
    ledger.wants.set_wishes(wishes)
    everybody = [PlayerKey("wos", fid) for fid in "0123"]
    owed = {player: ledger.next_pair(player, 100.0) for player in everybody}
    changed = ledger.set_players(*after)
    for player in everybody:
        if player not in changed:
            assert ledger.next_pair(player, 100.0) == owed[player]
    assert ledger.set_players(*after) == set()


async def test_a_player_read_while_the_store_goes_away_is_served_when_it_is_back(autojump_clock, monkeypatch):
    rig = make_rig()
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    async with rig.running():
        await rig.until_found("SNOW")
        rig.world.games["wos"].add_player(SimPlayer("1000", kid="7"))
        await rig.store.commit(Put(Player("wos", "1000", "7")))
        whole = MemoryStore.find

        async def find(store, type_, **equal):
            found = await whole(store, type_, **equal)
            store.outages = int(type_ is Guild or store.outages > 0)  # the next question finds it away
            return found

        with monkeypatch.context() as patched:
            patched.setattr(MemoryStore, "find", find)
            await rig.changed("players", "wishes")
        await trio.sleep(60)
    assert {fid: one.outcome for fid, one in rig.records("SNOW").items()} == {"1000": Outcome.REDEEMED}


async def test_one_more_player_leads_to_no_look_at_the_others(autojump_clock, monkeypatch):
    rig = make_rig()
    await rig.add_players(30)
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    async with rig.running():
        await rig.until_found("SNOW")
        await rig.until_settled("SNOW", 30)
        await trio.sleep(100)
        asked = 0
        whole = Ledger.next_pair

        def next_pair(ledger, player, now):
            nonlocal asked
            asked += 1
            return whole(ledger, player, now)

        monkeypatch.setattr(Ledger, "next_pair", next_pair)
        await rig.edit_player("1005", name="Ann")
        await trio.sleep(60)
    assert 1 <= asked <= 3
