"""What is owed, who goes first, and when a code has ended."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes import canary
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import Code, CodeState, Outcome, Player, PlayerKey, Redemption, Status
from actors.giftcodes.roster import Roster

CODE = Code("wos", "SNOW", first_seen=10.0)
PLAYERS = [Player("wos", str(n), "7") for n in range(6)]
KEYS = [player.player_key for player in PLAYERS]

ANSWERS = {
    "redeemed": (Outcome.REDEEMED, Status.SUCCESS),
    "already": (Outcome.ALREADY, Status.ALREADY_RECEIVED),
    "expired": (Outcome.FAILED, Status.EXPIRED),
    "wrong": (Outcome.FAILED, Status.WRONG_STATE),
    "again": (Outcome.PENDING, Status.TIMEOUT_RETRY),
}


def a_ledger(*players: Player) -> Ledger:
    ledger = Ledger()
    ledger.set_players(players or PLAYERS, [], [])
    ledger.set_code(CODE)
    return ledger


def answered(fid: str, answer: str, at: float = 20.0) -> Redemption:
    outcome, status = ANSWERS[answer]
    return Redemption("wos", fid, "SNOW", outcome=outcome, status=status, state="7", last_at=at)


@given(st.lists(st.tuples(st.sampled_from(range(6)), st.sampled_from(sorted(ANSWERS))), max_size=20))
def test_a_code_has_ended_when_two_players_were_told_so_since_the_last_success(story):
    ledger, told = a_ledger(), set()
    for n, answer in story:
        if ledger.pair(PLAYERS[n], CODE) is None:
            continue
        ledger.set_record(answered(str(n), answer))
        told = set() if answer == "redeemed" else told | ({n} if answer == "expired" else set())
    ended = ledger.ending(CODE.code_key)
    assert (ended is CodeState.EXPIRED) == (len(told) >= 2)


@given(st.lists(st.tuples(st.sampled_from(range(6)), st.sampled_from(sorted(ANSWERS))), max_size=20))
def test_nobody_waits_for_a_confirmer_that_will_never_come(story):
    ledger = a_ledger()
    for n, answer in story:
        claimed = ledger.claim(KEYS[n], 100.0)
        if claimed is not None:
            ledger.let_go(KEYS[n], answered(str(n), answer))
            ledger.set_record(answered(str(n), answer))
    owing = [key for key, player in zip(KEYS, PLAYERS, strict=True) if ledger.pair(player, CODE) is not None]
    if owing and ledger.ending(CODE.code_key) is None:
        assert any(ledger.next_pair(key, 100.0) is not None for key in owing)


def test_after_the_first_verdict_one_player_is_asked_and_the_rest_wait():
    ledger = a_ledger()
    ledger.set_record(answered("0", "expired"))
    assert ledger.appoint(CODE.code_key, 100.0) == KEYS[1]
    assert [ledger.next_pair(key, 100.0) is not None for key in KEYS] == [False, True, *[False] * 4]


def test_whoever_is_at_work_on_the_code_confirms():
    ledger = a_ledger()
    ledger.claim(KEYS[0], 100.0)
    ledger.claim(KEYS[4], 100.0)
    ledger.let_go(KEYS[0], answered("0", "expired"))
    ledger.set_record(answered("0", "expired"))
    assert ledger.appoint(CODE.code_key, 100.0) == KEYS[4]


def test_a_code_is_not_ended_while_somebody_is_at_work_on_it():
    ledger = a_ledger()
    ledger.claim(KEYS[5], 100.0)
    for n in (0, 1):
        ledger.set_record(answered(str(n), "expired"))
    assert ledger.ending(CODE.code_key) is CodeState.EXPIRED
    assert ledger.is_worked_on(CODE.code_key)
    assert ledger.next_pair(KEYS[3], 100.0) is None
    ledger.let_go(KEYS[5], answered("5", "redeemed"))
    ledger.set_record(answered("5", "redeemed"))
    assert ledger.ending(CODE.code_key) is None
    assert ledger.next_pair(KEYS[3], 100.0) is not None


def test_an_end_settles_every_owed_pair_and_nothing_else():
    ledger = a_ledger()
    for n, answer in enumerate(["redeemed", "expired", "expired", "again"]):
        ledger.set_record(answered(str(n), answer))
    settled = ledger.ended(CODE, "EXPIRED", 30.0)
    assert {record.fid for record in settled} == {"3", "4", "5"}
    assert {(record.outcome, record.retries) for record in settled} == {(Outcome.FAILED, False)}


def test_what_was_at_work_while_its_code_was_retired_is_settled_when_it_is_let_go():
    ledger = a_ledger()
    ledger.claim(KEYS[0], 100.0)
    ledger.set_code(evolve(CODE, state=CodeState.RETIRED))
    pending = answered("0", "again")
    ledger.leave_open(pending)
    assert ledger.let_go(KEYS[0], answered("0", "redeemed")) == []
    ledger.leave_open(pending)
    assert ledger.let_go(KEYS[0], None) == [pending]
    assert ledger.let_go(KEYS[0], pending) == [pending]


def test_a_record_of_another_activation_changes_nothing():
    ledger = a_ledger()
    ledger.set_record(evolve(answered("0", "redeemed"), activation=2))
    assert ledger.pair(PLAYERS[0], CODE) is not None


def test_a_corrected_state_makes_a_wrong_state_pair_owed_again():
    ledger = a_ledger(evolve(PLAYERS[0], state="8"))
    ledger.set_record(answered("0", "wrong"))
    assert ledger.pair(ledger.players[KEYS[0]], CODE) is not None
    assert a_ledger().pair(PLAYERS[0], CODE) is not None


def test_a_canary_is_somebody_who_was_told_that_the_code_ended_and_another_one_each_day():
    ended = evolve(CODE, state=CodeState.EXPIRED, ended_at=0.0)
    records = [
        evolve(answered("0", "redeemed"), attempts=1),
        evolve(answered("1", "wrong"), attempts=1),
        evolve(answered("2", "expired"), attempts=1),
        evolve(answered("3", "expired"), attempts=0),
        evolve(answered("4", "expired"), attempts=2),
    ]
    days = [canary.choose(ended, PLAYERS, records, day * canary.CANARY_EVERY) for day in range(4)]
    assert days == [KEYS[2], KEYS[4]] * 2
    assert canary.choose(ended, PLAYERS[:1], records) is None
    assert canary.choose(ended, PLAYERS[:2], records) == KEYS[1]


def test_a_canary_is_due_a_day_after_the_end_and_never_for_a_retired_code():
    ended = evolve(CODE, state=CodeState.EXPIRED, ended_at=100.0)
    day = canary.CANARY_EVERY
    assert not canary.is_due(ended, 99.0 + day)
    assert canary.is_due(ended, 100.0 + day)
    assert not canary.is_due(evolve(ended, canary_at=50.0 + day), 100.0 + day)
    assert not canary.is_due(evolve(ended, state=CodeState.RETIRED), 100.0 + 9 * day)
    assert not canary.is_due(CODE, 100.0 + 9 * day)


# --- whom to look at ----------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(range(6)), st.floats(0, 50)), max_size=40))
def test_a_player_is_looked_at_once_at_the_earliest_of_its_times(noted):
    roster = Roster()
    earliest: dict[PlayerKey, float] = {}
    for n, at in noted:
        roster.look_later(KEYS[n], at)
        earliest[KEYS[n]] = min(at, earliest.get(KEYS[n], at))
    seen: dict[PlayerKey, float] = {}
    while (at := roster.next_at) is not None:
        for player in roster.take(2, at):
            assert player not in seen
            seen[player] = at
    assert set(seen) == set(earliest)
    assert all(seen[player] in {0.0, at} for player, at in earliest.items())


def test_who_waits_already_keeps_the_place():
    roster = Roster()
    roster.look_at(KEYS[:3])
    roster.look_at(reversed(KEYS))
    assert roster.take(10, 0.0) == [*KEYS[:3], *reversed(KEYS[3:])]
    assert roster.next_at is None
