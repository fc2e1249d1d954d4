"""Requests for slots as a plain list would keep them, whoever asks, withdraws or ends."""

from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import PlayerKey
from actors.giftcodes.slot_holders import SlotHolders

PLAYERS = [PlayerKey("wos", fid) for fid in "12"]
HOLDERS = ["redeemer 1", "redeemer 2", "verifier"]  # anything that can be compared
players, holders, ranks = st.sampled_from(PLAYERS), st.sampled_from(HOLDERS), st.tuples(st.integers(0, 2))
steps = st.one_of(
    st.tuples(st.just("add"), players, holders, ranks),
    st.tuples(st.just("add"), players, holders, ranks),
    st.tuples(st.just("close"), players, st.none() | holders),
    st.tuples(st.just("end"), holders),
)


@given(st.lists(steps, max_size=30))
def test_everybody_who_asks_is_known_until_served_or_ended(story):
    kept, seen = SlotHolders(), set()
    asked = {player: {} for player in PLAYERS}  # holder → rank, in the order of asking
    for what, *how in story:
        match what, how:
            case "add", (player, holder, rank):
                asked[player][holder] = rank
                assert kept.add(player, holder, rank) is (holder not in seen)
                seen.add(holder)
            case "close", (player, None):
                asked[player].clear()
                kept.close(player)
            case "close", (player, holder):
                asked[player].pop(holder, None)
                kept.close(player, holder)
            case "end", (holder,):
                expected = {player for player in PLAYERS if holder in asked[player]}
                assert set(kept.end(holder)) == expected
                for of_player in asked.values():
                    of_player.pop(holder, None)
                seen.discard(holder)
        for player, requests in asked.items():
            assert kept.rank(player) == min(requests.values(), default=None)
            if requests:
                assert kept.first(player) == min(requests, key=requests.__getitem__)
