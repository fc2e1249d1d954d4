"""Of a large store only what is needed is read, and what is said of it stays the same."""

from collections import Counter

import trio
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes import campaign_numbers, canary
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.ledger_store import IN_ONE_GO, read_codes, take_over
from actors.giftcodes.model import Code, CodeState, Outcome, Player, Redemption, Status
from actors.ports import Delete, Put
from daemon.storage.memory import MemoryStore

ENDED = Code("wos", "OLD", CodeState.EXPIRED, first_seen=10.0, ended_at=50.0, canary_at=90.0, canary="2")
PLAYERS = [Player("wos", str(n), "7", auto_redeem=n != 4) for n in range(6)]
FATES = {
    "redeemed": (Outcome.REDEEMED, Status.SUCCESS, 1),
    "already": (Outcome.ALREADY, Status.ALREADY_RECEIVED, 1),
    "told": (Outcome.FAILED, Status.EXPIRED, 1),
    "settled": (Outcome.FAILED, Status.EXPIRED, 0),
    "wrong": (Outcome.FAILED, Status.WRONG_STATE, 1),
    "open": (Outcome.PENDING, Status.TIMEOUT_RETRY, 1),
}


def fated(fid: str, fate: str, activation: int = 1, code: str = "OLD") -> Redemption:
    outcome, status, attempts = FATES[fate]
    return Redemption("wos", fid, code, activation, outcome, status, attempts, retries=fate == "told")


stories = st.dictionaries(
    st.tuples(st.sampled_from([player.fid for player in PLAYERS]), st.sampled_from([1, 2])),
    st.sampled_from(sorted(FATES)),
)


class CountingStore(MemoryStore):
    """Counts the records it hands out."""

    handed_out = 0

    async def find(self, type_, **equal):
        found = await super().find(type_, **equal)
        self.handed_out += len(found)
        return found


async def a_store(*records) -> CountingStore:
    store = CountingStore()
    await store.commit(*map(Put, records))
    return store


@given(story=stories, activation=st.sampled_from([1, 2]), day=st.integers(0, 5))
async def test_who_tries_an_ended_code_is_the_same_whether_all_its_pairs_are_read_or_few(
    story, activation, day
):
    code = evolve(ENDED, activation=activation)
    records = [fated(fid, fate, n) for (fid, n), fate in story.items() if n <= activation]
    store = await a_store(code, *records)
    now = day * canary.CANARY_EVERY
    assert await canary.find_player(store, code, PLAYERS, now) == canary.choose(code, PLAYERS, records, now)


async def test_those_who_were_told_that_a_code_ended_are_found_without_reading_who_got_it():
    store = await a_store(ENDED, fated("1", "told"), *(fated(f"x{n}", "redeemed") for n in range(50)))
    assert await canary.find_player(store, ENDED, PLAYERS) == PLAYERS[1].player_key
    assert store.handed_out == 1


async def test_at_a_start_the_settled_pairs_of_ended_codes_are_not_read():
    settled = [fated(f"x{n}", "redeemed") for n in range(50)]
    store = await a_store(ENDED, fated("1", "open"), fated("2", "told", 2), *settled)
    (read,) = await read_codes(Ledger(), store)
    assert [record.fid for record in read.records] == ["1", "2"]
    assert store.handed_out == 2  # the code, and the pair that was left open; the trial is fetched by its key


async def test_a_trial_that_had_succeeded_before_a_crash_brings_the_code_to_life_at_the_next_start():
    store = await a_store(ENDED, fated("1", "settled"), fated("2", "redeemed", 2))
    ledger = Ledger()
    ledger.set_players(PLAYERS, [], [])
    (change,) = await take_over(ledger, await read_codes(ledger, store), 100.0)
    assert change == Put(evolve(ENDED, state=CodeState.LIVE, activation=2, ended_at=None, began_at=100.0))
    assert list(ledger.records[ENDED.code_key]) == ["2"]


async def test_a_trial_that_had_failed_before_a_crash_is_forgotten_at_the_next_start():
    for fate in ("told", "open"):
        trial = fated("2", fate, 2)
        store, ledger = await a_store(ENDED, fated("1", "redeemed"), trial), Ledger()
        changes = await take_over(ledger, await read_codes(ledger, store), 100.0)
        assert changes == [Delete(Redemption, trial.key)]


async def test_others_have_a_turn_while_the_pairs_of_a_live_code_are_taken_over():
    code = Code("wos", "SNOW")
    pairs = [fated(str(n), "already", code="SNOW") for n in range(5 * IN_ONE_GO)]
    ledger, turns = Ledger(), 0
    store = await a_store(code, *pairs)
    read = await read_codes(ledger, store)
    async with trio.open_nursery() as nursery:

        async def count_turns() -> None:
            nonlocal turns
            while True:
                await trio.lowlevel.checkpoint()
                turns += 1

        nursery.start_soon(count_turns)
        await take_over(ledger, read, 100.0)
        nursery.cancel_scope.cancel()
    assert turns >= 3  # five portions, four pauses; the first may find the counter not begun
    assert len(ledger.records[code.code_key]) == len(pairs)


@given(story=stories)
def test_the_numbers_are_those_of_players_who_want_codes(story):
    ledger = Ledger()
    ledger.set_players(PLAYERS[:5], [], [])  # one with a record was removed, one wants no codes
    ledger.set_code(Code("wos", "OLD"))
    for (fid, activation), fate in story.items():
        ledger.set_record(fated(fid, fate, activation))
    numbers = campaign_numbers.count(ledger, loaded=True, due_next=None)
    wanted = [fate for (fid, activation), fate in story.items() if activation == 1 and fid in set("0123")]
    outcomes = Counter(FATES[fate][0] for fate in wanted)
    assert numbers.redeemed == outcomes[Outcome.REDEEMED]
    assert numbers.already == outcomes[Outcome.ALREADY]
    assert numbers.failed == outcomes[Outcome.FAILED]
    assert numbers.retrying == wanted.count("told")
    assert numbers.owed == 4 - len(wanted) + outcomes[Outcome.PENDING]
