"""Who wants codes: unasked, by hand, or not at all while every guild of theirs is paused."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes import attempt, campaign_numbers
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.ledger_store import IN_ONE_GO, clear_away
from actors.giftcodes.model import (
    TERMINAL_GUILD,
    Code,
    CodeKey,
    CodeState,
    Guild,
    Outcome,
    Player,
    PlayerKey,
    Redemption,
    Registration,
    Spent,
    Status,
    Wish,
)
from actors.giftcodes.pace import NOTICEABLE, SHARE, Pace
from actors.giftcodes.wants import Wants
from actors.ports import Delete

CODE = Code("wos", "SNOW", first_seen=10.0)
ANN = Player("wos", "1", "7", "Ann")
BOB = Player("wos", "2", "7", "Bob", auto_redeem=False)
KEY = ANN.player_key


def wish(fid: str = "1", at: float = 50.0, **more: object) -> Wish:
    return Wish(**{"game": "wos", "fid": fid, "code": "SNOW", "activation": 1, "at": at, **more})


def registered(guild: str, fid: str = "1", member: str = "m") -> Registration:
    return Registration(guild, member, "wos", fid)


def a_ledger(*guilds: Guild, of: tuple[str, ...] = ("g",), wishes: tuple[Wish, ...] = ()) -> Ledger:
    """Ann is registered by the guilds `of`."""
    ledger = Ledger()
    ledger.set_players([ANN, BOB], [registered(guild) for guild in of], guilds)
    ledger.set_code(CODE)
    ledger.wants.set_wishes(wishes)
    return ledger


def failed(status: str = Status.LEVEL_TOO_LOW, at: float = 20.0, **more: object) -> Redemption:
    values = {"outcome": Outcome.FAILED, "status": status, "last_at": at, "spent": Spent(total=4), **more}
    return Redemption("wos", "1", "SNOW", **values)


# --- who wants ----------------------------------------------------------------------------------

SETTINGS = st.fixed_dictionaries({"auto_redeem": st.booleans(), "paused": st.booleans()})


@given(
    guilds=st.dictionaries(st.sampled_from(["a", "b", "c"]), SETTINGS),
    of=st.sets(st.sampled_from(["a", "b", "c", TERMINAL_GUILD])),
    wants=st.booleans(),
    wished=st.booleans(),
)
def test_a_code_is_owed_to_who_gets_it_unasked_or_wished_for_it_unless_all_its_guilds_are_paused(
    guilds, of, wants, wished
):
    ledger = Ledger()
    player = evolve(ANN, auto_redeem=wants)
    records = [Guild(name, name, **settings) for name, settings in guilds.items()]
    ledger.set_players([player], [registered(guild) for guild in of], records)
    ledger.set_code(CODE)
    ledger.wants.set_wishes([wish()] if wished else [])
    known = {guild.id: guild for guild in records}
    mine = [known.get(guild, Guild(guild, guild)) for guild in of]
    stopped = bool(mine) and all(guild.paused for guild in mine)
    served = not mine or any(guild.auto_redeem and not guild.paused for guild in mine)
    owed = not stopped and (wished or (wants and served))
    assert (ledger.pair(player, CODE) is not None) == owed
    assert (ledger.next_pair(KEY, 100.0) is not None) == owed
    assert set(ledger.wanting(CODE)) == ({"1"} if owed else set())
    assert ledger.wants.count(CODE, up_to=2) == owed
    assert campaign_numbers.count(ledger, loaded=True, due_next=None).owed == owed
    assert [p.fid for p in ledger.unasked()] == (["1"] if wants and served else [])


def test_only_guilds_that_are_not_paused_count_for_the_priority():
    guilds = [
        Guild("a", "A", priority=9, paused=True),
        Guild("b", "B", priority=3),
        Guild("c", "C", priority=-1),
    ]
    wants = Wants()
    wants.set_players([ANN, BOB], [registered("a"), registered("b"), registered("c", "2")], guilds)
    assert [wants.priority(player) for player in (ANN, BOB, Player("wos", "3"))] == [3, -1, 0]
    wants.set_players([ANN], [registered("a")], guilds)
    assert [(wants.priority(player), wants.is_waiting(player)) for player in (ANN, BOB)] == [
        (0, True),
        (0, False),
    ]


def test_a_paused_guild_that_goes_on_owes_what_was_begun_as_it_was():
    begun = Redemption("wos", "1", "SNOW", spent=Spent(total=2, temporary=2), due_at=30.0, last_at=20.0)
    guild = Guild("g", "G", paused=True)
    ledger = a_ledger(guild, wishes=(wish(),))
    ledger.set_record(begun)
    assert ledger.next_pair(KEY, 100.0) is None
    ledger.set_players([ANN], [registered("g")], [evolve(guild, paused=False)])
    pair = ledger.next_pair(KEY, 100.0)
    assert (pair.due_at, pair.record) == (30.0, begun)


def test_what_a_paused_player_had_begun_is_settled_when_the_code_ends():
    ledger = a_ledger(Guild("g", "G", paused=True))
    ledger.set_record(Redemption("wos", "1", "SNOW", spent=Spent(total=2), last_at=20.0))
    assert [(one.fid, one.outcome) for one in ledger.ended(CODE, "EXPIRED", 60.0)] == [("1", Outcome.FAILED)]


def test_the_end_of_a_code_settles_nothing_of_players_who_are_gone():
    ledger = a_ledger()
    ledger.set_record(Redemption("wos", "9", "SNOW", spent=Spent(total=2), last_at=20.0))
    assert {one.fid for one in ledger.ended(CODE, "EXPIRED", 60.0)} == {"1"}


def test_a_canary_is_nobody_who_gets_codes_only_by_hand():
    ledger = a_ledger()
    ended = evolve(CODE, state=CodeState.EXPIRED)
    ledger.set_code(ended)
    trial = Redemption("wos", "1", "SNOW", 2)
    ledger.canaries[CODE.code_key] = trial
    ledger.set_players([ANN], [registered("g")], [Guild("g", "G")])
    assert ledger.canaries == {CODE.code_key: trial}
    ledger.set_players([ANN], [registered("g")], [Guild("g", "G", auto_redeem=False)])
    assert ledger.canaries == {}


# --- a wish and what was recorded ---------------------------------------------------------------


@given(
    outcome=st.sampled_from(Outcome),
    retries=st.booleans(),
    due_at=st.sampled_from([0.0, 30.0, 3600.0]),
    last_at=st.sampled_from([None, 20.0, 50.0, 80.0]),
    unasked=st.booleans(),
    wished=st.booleans(),
)
def test_a_wish_newer_than_a_failure_opens_it_again_and_nothing_opens_what_was_redeemed(
    *, outcome, retries, due_at, last_at, unasked, wished
):
    retries = retries and outcome is Outcome.FAILED
    record = failed(at=last_at, outcome=outcome, retries=retries, due_at=due_at)
    ledger = a_ledger(Guild("g", "G", auto_redeem=unasked), wishes=(wish(),) if wished else ())
    ledger.set_record(record)
    pair = ledger.pair(ANN, CODE)
    if outcome in {Outcome.REDEEMED, Outcome.ALREADY} or not (unasked or wished):
        assert pair is None
    elif outcome is Outcome.FAILED and wished and (last_at or 0.0) < 50.0:
        assert (pair.due_at, pair.record) == (0.0, record)
    elif outcome is Outcome.PENDING or retries:
        assert (pair.due_at, pair.record) == (due_at, record)
    else:
        assert pair is None


def test_a_wish_begins_a_new_round_with_a_fresh_budget_and_is_used_up_by_its_answer():
    ledger = a_ledger(wishes=(wish(at=50.0),))
    ledger.set_record(failed(round=4))
    claimed = ledger.claim(KEY, 60.0)
    begun = attempt.begin(claimed, attempt.Step.REDEEM, 60.0, "7")
    assert (begun.round, begun.spent, begun.outcome) == (5, Spent(total=1), Outcome.PENDING)
    answered = evolve(begun, outcome=Outcome.FAILED, status=Status.LEVEL_TOO_LOW, last_at=61.0)
    ledger.set_record(answered)
    ledger.let_go(KEY, answered)
    assert ledger.next_pair(KEY, 70.0) is None
    ledger.wants.set_wishes([wish(at=65.0)])
    assert ledger.next_pair(KEY, 70.0).record == answered


def test_a_wish_is_for_the_code_of_its_own_activation():
    ledger = a_ledger(Guild("g", "G", auto_redeem=False), wishes=(wish(activation=2),))
    assert ledger.pair(ANN, CODE) is None
    again = evolve(CODE, activation=2)
    ledger.set_code(again)
    assert ledger.pair(ANN, again) is not None
    ledger.wants.set_wishes([wish(activation=2), wish(activation=1)])
    assert ledger.pair(ANN, again) is not None


def test_what_is_wished_for_goes_before_what_is_owed_unasked_but_not_before_a_higher_guild():
    older = Code("wos", "FROST", first_seen=1.0)
    ledger = a_ledger(wishes=(wish(),))
    ledger.set_code(older)
    assert ledger.next_pair(KEY, 60.0).record.code == "SNOW"
    ranks = {code.code: ledger.pair(ANN, code).rank for code in (CODE, older)}
    ledger.set_players([ANN], [registered("g")], [Guild("g", "G", priority=1)])
    assert ledger.pair(ANN, older).rank < ranks["SNOW"] < ranks["FROST"]


def test_who_was_told_that_a_code_ended_is_not_asked_to_confirm_it_for_a_wish():
    ledger = Ledger()
    eve = Player("wos", "3", "7")
    ledger.set_players([ANN, eve], [], [])
    ledger.set_code(CODE)
    ledger.set_record(failed(Status.EXPIRED))
    ledger.wants.set_wishes([wish()])
    assert ledger.appoint(CODE.code_key, 60.0) == eve.player_key
    assert ledger.next_pair(KEY, 60.0) is None
    ledger.set_players([ANN], [], [])
    assert ledger.appoint(CODE.code_key, 60.0) is None


def test_who_wished_counts_among_those_whose_word_ends_a_code():
    nobody = Guild("g", "G", auto_redeem=False)
    ledger = a_ledger(nobody, wishes=(wish(), wish("2")))
    ledger.set_record(failed(Status.EXPIRED, at=60.0))
    assert ledger.ending(CODE.code_key) is None
    ledger.wants.set_wishes([wish()])
    assert ledger.ending(CODE.code_key) is CodeState.EXPIRED
    ledger.wants.set_wishes([wish(), wish("nobody")])
    assert ledger.ending(CODE.code_key) is CodeState.EXPIRED


# --- taking wishes over -------------------------------------------------------------------------

WISHES = st.lists(
    st.builds(
        Wish,
        st.sampled_from(["wos", "ks"]),
        st.sampled_from("123"),
        st.sampled_from(["SNOW", "FROST"]),
        st.sampled_from([1, 2]),
        st.sampled_from([10.0, 20.0]),
    ),
    unique_by=lambda one: one.key,
    max_size=8,
)


@given(WISHES, WISHES)
def test_the_players_whose_wishes_changed_are_told_and_no_others(before, after):
    wants = Wants()
    wants.set_wishes(before)
    changed = wants.set_wishes(after)

    def newest(wishes):
        best = {}
        for one in sorted(wishes, key=lambda one: one.activation):
            best[CodeKey(one.game, one.code), one.fid] = one
        return best

    was, now = newest(before), newest(after)
    differing = {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    assert changed == {PlayerKey(code.game, fid) for code, fid in differing}
    assert wants.set_wishes(reversed(after)) == set()


def test_wishes_that_can_make_nothing_owed_any_more_are_cleared_away():
    ledger = a_ledger()
    over = Code("wos", "OVER", CodeState.EXPIRED)
    ledger.set_code(over)
    ledger.set_code(evolve(CODE, activation=2))
    ledger.set_record(failed(activation=2, outcome=Outcome.REDEEMED))
    ledger.set_record(evolve(failed(activation=2), fid="2"))
    served = [wish(code="OVER"), wish("2", activation=1), wish(activation=2)]
    kept = [wish("2", activation=2), wish("3", activation=2), wish(activation=3), wish(code="NEW")]
    assert clear_away(ledger, [*served, *kept]) == [Delete(Wish, one.key) for one in served]
    assert len(clear_away(ledger, [wish(str(n), code="OVER") for n in range(3 * IN_ONE_GO)])) == IN_ONE_GO


# --- how often to read --------------------------------------------------------------------------


def test_what_takes_long_gets_a_tenth_of_the_time_at_most():
    pace = Pace()
    assert pace.wait(0.0) == 0.0
    pace.note(0.0, NOTICEABLE / 2)
    assert pace.wait(NOTICEABLE / 2) == 0.0
    pace.note(10.0, 11.0)
    assert pace.wait(11.0) == SHARE
    assert pace.wait(15.0) == SHARE - 4.0
    assert pace.wait(30.0) == 0.0
