"""One pair's way through the retry matrix, as pure functions of record, answer and time.

`begin` gives the record that is committed before a call; `finish` the one after its answer, with what
to do next. Source of the rules: docs/redeeming.md, "Answers and budgets".
"""

from enum import StrEnum

from attrs import evolve, frozen

from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.model import FailureClass, Outcome, Redemption, Scope, Spent, Status
from actors.ports import Verdict


class Step(StrEnum):
    """The call a pair needs next."""

    LOGIN = "login"
    CAPTCHA = "captcha"
    REDEEM = "redeem"


@frozen
class Session:
    """A player's session at the server, as far as we know. It does not outlive the actor."""

    logged_in: bool = False
    captcha: str | None = None
    """The text somebody read, to be used once."""

    def next_step(self, *, needs_login: bool, needs_captcha: bool) -> Step:
        """What the protocol wants before, or as, the redeem call."""
        if needs_login and not self.logged_in:
            return Step.LOGIN
        if needs_captcha and self.captcha is None:
            return Step.CAPTCHA
        return Step.REDEEM


class Next(StrEnum):
    """What to do after an answer."""

    AGAIN = "again"
    """Call again, at the record's `due_at`."""
    ASK_PERSON = "ask_person"
    """A captcha is there: somebody has to read it."""
    SETTLED = "settled"
    """The pair has an outcome (of this round)."""


@frozen
class After:
    """What an answer led to."""

    record: Redemption
    session: Session
    next: Next
    failures: int = 0
    """How often this class has ended a call of the pair in this round, this time included; 0: no failure."""


def begin(record: Redemption, step: Step, now: float, state: str) -> Redemption:
    """The record with the call counted, to be committed before it is made.

    A pair that had failed begins a new round here, with a fresh budget.
    """
    if record.outcome is not Outcome.PENDING:
        record = evolve(record, round=record.round + 1, spent=Spent(), retries=False)
    return evolve(
        record,
        outcome=Outcome.PENDING,
        spent=evolve(record.spent, total=record.spent.total + 1),
        attempts=record.attempts + (step is Step.REDEEM),
        state=state,
        due_at=now,
        first_at=now if record.first_at is None else record.first_at,
        last_at=now,
    )


def finish(  # noqa: PLR0917 - a pure function of all that decides
    record: Redemption, session: Session, step: Step, verdict: Verdict, now: float, policy: RedeemPolicy
) -> After:
    """What the answer to a call that was begun with `begin` means for the pair."""
    record = evolve(record, last_at=now)
    if verdict.kind is not FailureClass.SUCCESS or step is Step.REDEEM:
        record = evolve(record, status=verdict.status)
    if nobodys_fault(verdict):
        refunded = evolve(record.spent, total=record.spent.total - 1)
        return After(evolve(record, spent=refunded), session, Next.AGAIN)
    if verdict.kind is FailureClass.SUCCESS:
        after = _succeed(record, session, step)
    elif verdict.kind is FailureClass.PERMANENT:
        return After(evolve(record, outcome=Outcome.FAILED), session, Next.SETTLED)
    elif step is Step.LOGIN:
        after = _charge(record, session, "login", now, policy)
    else:
        after = _charge(record, *_lose(session, verdict), now, policy, full_wait=step is Step.CAPTCHA)
    if after.next is Next.SETTLED or after.record.spent.total < policy.budgets.total:
        return after
    return _give_up(after, _budget_name(step, verdict), now, policy)


def crashed(record: Redemption, now: float, policy: RedeemPolicy) -> After:
    """Count a crash of the actor that was working on the pair."""
    record = evolve(record, outcome=Outcome.PENDING, last_at=now)
    after = _charge(record, Session(), "crash", now, policy)
    if after.next is Next.SETTLED:
        return evolve(after, record=evolve(after.record, status=Status.CRASHED))
    return after


def unread(record: Redemption, now: float, policy: RedeemPolicy) -> After:
    """Nobody read the captcha in time."""
    record = evolve(record, status=Status.CAPTCHA_EXPIRED, last_at=now)
    return _charge(record, Session(logged_in=True), "captcha", now, policy)


def nobodys_fault(verdict: Verdict) -> bool:
    """Whether the answer speaks about our address, or about the protocol, and charges no player."""
    return verdict.scope in {Scope.ADDRESS, Scope.SYSTEM} or verdict.kind is FailureClass.PROTOCOL


def _succeed(record: Redemption, session: Session, step: Step) -> After:
    match step:
        case Step.LOGIN:
            return After(record, Session(logged_in=True), Next.AGAIN)
        case Step.CAPTCHA:
            return After(record, session, Next.ASK_PERSON)
        case Step.REDEEM:
            redeemed = record.status == Status.SUCCESS
            outcome = Outcome.REDEEMED if redeemed else Outcome.ALREADY
            return After(evolve(record, outcome=outcome), evolve(session, captcha=None), Next.SETTLED)


def _lose(session: Session, verdict: Verdict) -> tuple[Session, str]:
    """What the session is after a failure, and the budget that pays for it."""
    match verdict.kind:
        case FailureClass.SESSION:
            return Session(), "relogin"
        case FailureClass.CAPTCHA:
            return evolve(session, captcha=None), "captcha"
        case FailureClass.RATE_LIMITED:
            return session, "rate_limited"
        case FailureClass.TEMPORARY:
            return session, "temporary"
        case _:
            return session, "unknown"


def _budget_name(step: Step, verdict: Verdict) -> str:
    return "login" if step is Step.LOGIN else _lose(Session(), verdict)[1]


_TAKEN_UP_AGAIN = frozenset({"rate_limited", "temporary", "login"})
"""Budgets whose end is not the pair's fault: it is tried again in a later round."""
_WITHOUT_WAIT = frozenset({"relogin", "captcha"})
"""Classes that are tried again at once; the player's spacing applies all the same."""


def _charge(
    record: Redemption,
    session: Session,
    budget: str,
    now: float,
    policy: RedeemPolicy,
    *,
    full_wait: bool = False,
) -> After:
    failures = getattr(record.spent, budget) + 1
    record = evolve(record, spent=evolve(record.spent, **{budget: failures}))
    if failures >= getattr(policy.budgets, budget):
        return _give_up(After(record, session, Next.AGAIN, failures), budget, now, policy)
    wait = 0.0 if budget in _WITHOUT_WAIT else policy.backoff.wait(failures)
    if full_wait and budget == "rate_limited":
        wait = policy.backoff.max  # one captcha per player and minute
    return After(evolve(record, due_at=now + wait), session, Next.AGAIN, failures)


def _give_up(after: After, budget: str, now: float, policy: RedeemPolicy) -> After:
    retries = budget in _TAKEN_UP_AGAIN and after.record.round <= policy.retry_rounds
    due_at = now + policy.retry_after if retries else after.record.due_at
    status = after.record.status or Status.NOT_LOGIN  # the budget ended before anything was refused
    record = evolve(after.record, outcome=Outcome.FAILED, status=status, retries=retries, due_at=due_at)
    return evolve(after, record=record, next=Next.SETTLED)
