"""One pair's arithmetic: whatever the answers are, it settles within its budgets."""

from attrs import asdict, evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes import attempt
from actors.giftcodes.attempt import CAPTCHA_EVERY, Next, Session, Step
from actors.giftcodes.budgets import Budgets, RedeemPolicy, StepBackoff
from actors.giftcodes.model import FailureClass, Outcome, Redemption, Scope, Spent, Status
from actors.ports import Verdict

FRESH = Redemption("wos", "1", "SNOW")
POLICY = RedeemPolicy()
OK = Verdict("SUCCESS", FailureClass.SUCCESS)
CHARGED = [
    Verdict("NOT_LOGIN", FailureClass.SESSION),
    Verdict("CAPTCHA_WRONG", FailureClass.CAPTCHA),
    Verdict("TOO_FREQUENT", FailureClass.RATE_LIMITED),
    Verdict("UPSTREAM_ERROR", FailureClass.TEMPORARY),
    Verdict("UNKNOWN_STATUS_ODD", FailureClass.UNKNOWN),
]
NOBODYS = [
    Verdict("RATE_LIMITED", FailureClass.RATE_LIMITED, Scope.ADDRESS),
    Verdict("NETWORK_ERROR", FailureClass.TEMPORARY, Scope.ADDRESS),
    Verdict("PROTOCOL_CHANGED", FailureClass.PROTOCOL, Scope.SYSTEM),
]
LOST, UNREAD, CRASH = "lost", "unread", "crash"
"""A life that ended in the middle of the call; a captcha nobody read; a crash of the actor."""

happenings = st.lists(st.sampled_from([OK, *CHARGED, *NOBODYS, LOST, UNREAD, CRASH]), max_size=60)


def play(record, happening, session, now, *, login=True, captcha=True):
    """One claim and what comes of it."""
    if attempt.is_spent(record, POLICY):
        return attempt.spend(record, now, POLICY).record, Session(), False
    step = session.next_step(needs_login=login, needs_captcha=captcha)
    begun = attempt.begin(record, step, now, "7")
    if happening == LOST:
        return begun, Session(), True
    if happening == CRASH:
        after = attempt.crashed(begun, now, POLICY)
        return after.record, Session(), True
    if happening == UNREAD:
        after = attempt.finish(begun, session, step, OK, now, POLICY)
        if after.next is Next.ASK_PERSON:
            after = attempt.unread(after.record, after.session, now, POLICY)
        return after.record, after.session, True
    after = attempt.finish(begun, session, step, happening, now, POLICY)
    session = after.session
    if after.next is Next.ASK_PERSON:
        session = evolve(session, captcha="abcd")
    return after.record, session, True


@given(happenings, st.booleans(), st.booleans())
def test_a_pair_settles_within_its_budgets_whatever_happens(happened, login, captcha):
    record, session, now, calls = FRESH, Session(), 0.0, 0
    for happening in happened:
        if record.outcome is not Outcome.PENDING:
            break
        now = max(now, record.due_at)
        free = happening in NOBODYS
        before = record.spent
        record, session, called = play(record, happening, session, now, login=login, captcha=captcha)
        calls += called and not free
        if free and called:
            assert record.spent == before
            assert record.outcome is Outcome.PENDING
    budgets = asdict(POLICY.budgets)
    assert all(spent <= budgets[name] for name, spent in asdict(record.spent).items())
    assert calls == record.spent.total
    if calls == 10 and record.outcome is Outcome.PENDING:
        assert attempt.is_spent(record, POLICY)


@given(st.lists(st.sampled_from([OK, *CHARGED, LOST, CRASH]), min_size=12, max_size=12))
def test_twelve_claims_always_settle_a_pair(happened):
    record, session = FRESH, Session()
    for number, happening in enumerate(happened):
        if record.outcome is not Outcome.PENDING:
            return
        record, session, _ = play(record, happening, session, 100.0 * number)
    assert record.outcome is not Outcome.PENDING


@given(st.sampled_from(CHARGED), st.integers(1, 6))
def test_a_later_round_has_a_fresh_budget_and_there_are_only_so_many(verdict, rounds):
    policy = RedeemPolicy(retry_rounds=rounds)
    record, played = FRESH, 0
    while record.outcome is Outcome.PENDING or record.retries:
        begun = attempt.begin(record, Step.REDEEM, record.due_at, "7")
        played += begun.spent.total == 1
        record = attempt.finish(begun, Session(), Step.REDEEM, verdict, begun.due_at, policy).record
    again = verdict.kind in {FailureClass.RATE_LIMITED, FailureClass.TEMPORARY}
    assert played == record.round == (rounds + 1 if again else 1)


def test_the_nth_failure_gives_up_without_waiting():
    record = evolve(FRESH, spent=Spent(unknown=2, total=2))
    begun = attempt.begin(record, Step.REDEEM, 50.0, "7")
    after = attempt.finish(begun, Session(), Step.REDEEM, CHARGED[-1], 51.0, POLICY)
    assert (after.next, after.failures, after.record.due_at) == (Next.SETTLED, 3, 50.0)


@given(st.integers(1, 100))
def test_waits_grow_by_a_step_up_to_the_longest(number):
    assert StepBackoff().wait(number) == min(60.0, 4.0 * number)


def test_a_captcha_is_used_once_unless_the_call_was_refused_at_the_door():
    session = Session(logged_in=True, captcha="abcd")
    begun = attempt.begin(FRESH, Step.REDEEM, 0.0, "7")
    for verdict in [OK, *CHARGED, *NOBODYS, Verdict("EXPIRED", FailureClass.PERMANENT, Scope.CODE)]:
        after = attempt.finish(begun, session, Step.REDEEM, verdict, 1.0, POLICY)
        kept = verdict.kind is FailureClass.RATE_LIMITED and verdict.scope is Scope.PLAYER
        assert (after.session.captcha is not None) == kept, verdict


def test_captchas_are_fetched_a_minute_apart():
    begun = attempt.begin(FRESH, Step.CAPTCHA, 0.0, "7")
    after = attempt.finish(begun, Session(logged_in=True), Step.CAPTCHA, OK, 5.0, POLICY)
    assert after.session.opens_at(Step.CAPTCHA) == 5.0 + CAPTCHA_EVERY
    assert after.session.opens_at(Step.REDEEM) < 0
    early = Verdict("TOO_FREQUENT", FailureClass.RATE_LIMITED)
    refused = attempt.finish(begun, Session(logged_in=True), Step.CAPTCHA, early, 5.0, POLICY)
    assert refused.record.due_at == 5.0 + CAPTCHA_EVERY


def test_a_crash_on_a_pair_that_was_to_be_taken_up_again_is_charged_to_a_new_round():
    failed = evolve(FRESH, outcome=Outcome.FAILED, retries=True, spent=Spent(temporary=10, total=10))
    record = attempt.crashed(failed, 9.0, POLICY).record
    assert (record.outcome, record.round, record.spent) == (Outcome.PENDING, 2, Spent(crash=1))


def test_a_pair_crashes_three_times_and_is_set_aside():
    record = FRESH
    for _ in range(3):
        record = attempt.crashed(record, 1.0, RedeemPolicy(Budgets(crash=3))).record
    assert (record.outcome, record.status, record.retries) == (Outcome.FAILED, Status.CRASHED, False)
