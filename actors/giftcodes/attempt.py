"""One pair's way through the retry matrix, as pure functions of record, answer and time.

`begin` gives the record that is committed before a call; `finish` the one after its answer, with what
to do next. Source of the rules: docs/redeeming.md, "Answers and budgets".
"""

import math
from enum import StrEnum

from attrs import evolve, frozen

from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.model import FailureClass, Outcome, Redemption, Scope, Spent, Status
from actors.ports import Verdict

CAPTCHA_EVERY = 60.0
"""Seconds from one captcha of a player to the next: one that is asked for earlier is refused."""


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
    captcha_at: float = -math.inf
    """When the newest captcha was fetched."""

    def next_step(self, *, needs_login: bool, needs_captcha: bool) -> Step:
        """What the protocol wants before, or as, the redeem call."""
        if needs_login and not self.logged_in:
            return Step.LOGIN
        if needs_captcha and self.captcha is None:
            return Step.CAPTCHA
        return Step.REDEEM

    def opens_at(self, step: Step) -> float:
        """The earliest time for the call, as far as the session is concerned."""
        return self.captcha_at + CAPTCHA_EVERY if step is Step.CAPTCHA else -math.inf


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
    """How often this class has ended a call of the pair in this round, this time included; of a pair that ran
    out of calls altogether, how many it made; 0: no failure."""


def begin(record: Redemption, step: Step, now: float, state: str) -> Redemption:
    """The record with the call counted, to be committed before it is made.

    A pair that had failed begins a new round here, with a fresh budget. One that `is_spent` must not begin.
    """
    record = _opened(record)
    return evolve(
        record,
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
    if step is Step.REDEEM and not _kept_its_captcha(verdict):
        session = evolve(session, captcha=None)
    if nobodys_fault(verdict):
        refunded = evolve(record.spent, total=record.spent.total - 1)
        return After(evolve(record, spent=refunded), session, Next.AGAIN)
    if verdict.kind is FailureClass.PERMANENT:
        return After(evolve(record, outcome=Outcome.FAILED, retries=False), session, Next.SETTLED)
    if verdict.kind is FailureClass.SUCCESS:
        after = _succeed(record, session, step, now)
    elif step is Step.LOGIN:
        after = _charge(record, session, "login", now, policy)
    else:
        after = _charge(record, *_lose(session, verdict), now, policy, full_wait=step is Step.CAPTCHA)
    return _within_total(after, now, policy)


def is_spent(record: Redemption, policy: RedeemPolicy) -> bool:
    """Whether the pair has no call left in its round: a life that ended in the middle of a call spent one."""
    return record.outcome is Outcome.PENDING and record.spent.total >= policy.budgets.total


def spend(record: Redemption, now: float, policy: RedeemPolicy) -> After:
    """Give up on a pair that `is_spent`, without a call; its last answers never arrived."""
    record = evolve(record, status=record.status or Status.NETWORK_ERROR, last_at=now)
    after = After(record, Session(), Next.AGAIN, record.spent.total)
    return _give_up(after, now, policy, retry=True)


def refused(record: Redemption, verdict: Verdict, now: float, state: str) -> After:
    """The pair of a player whom the API refuses without a call: nothing is charged."""
    record = evolve(
        _opened(record),
        outcome=Outcome.FAILED,
        status=verdict.status,
        state=state,
        first_at=now if record.first_at is None else record.first_at,
        last_at=now,
    )
    return After(record, Session(), Next.SETTLED)


def crashed(record: Redemption, now: float, policy: RedeemPolicy) -> After:
    """Count a crash of the actor that was working on the pair."""
    after = _charge(evolve(_opened(record), last_at=now), Session(), "crash", now, policy)
    if after.next is Next.SETTLED:
        return evolve(after, record=evolve(after.record, status=Status.CRASHED))
    return after


def unread(record: Redemption, session: Session, now: float, policy: RedeemPolicy) -> After:
    """Nobody read the captcha in time."""
    record = evolve(record, status=Status.CAPTCHA_EXPIRED, last_at=now)
    return _within_total(_charge(record, evolve(session, captcha=None), "captcha", now, policy), now, policy)


def _opened(record: Redemption) -> Redemption:
    """The pair at work: one that had an outcome begins a new round."""
    if record.outcome is Outcome.PENDING:
        return record
    return evolve(record, outcome=Outcome.PENDING, round=record.round + 1, spent=Spent(), retries=False)


def nobodys_fault(verdict: Verdict) -> bool:
    """Whether the answer speaks about our address, or about the protocol, and charges no player."""
    return verdict.scope in {Scope.ADDRESS, Scope.SYSTEM} or verdict.kind is FailureClass.PROTOCOL


def _kept_its_captcha(verdict: Verdict) -> bool:
    """Only a call that was refused at the door has not used its captcha up, as far as we can know."""
    return verdict.kind is FailureClass.RATE_LIMITED and verdict.scope is Scope.PLAYER


def _succeed(record: Redemption, session: Session, step: Step, now: float) -> After:
    match step:
        case Step.LOGIN:
            return After(record, evolve(session, logged_in=True), Next.AGAIN)
        case Step.CAPTCHA:
            return After(record, evolve(session, captcha_at=now), Next.ASK_PERSON)
        case Step.REDEEM:
            redeemed = record.status == Status.SUCCESS
            outcome = Outcome.REDEEMED if redeemed else Outcome.ALREADY
            return After(evolve(record, outcome=outcome, retries=False), session, Next.SETTLED)


def _lose(session: Session, verdict: Verdict) -> tuple[Session, str]:
    """What the session is after a failure, and the budget that pays for it."""
    match verdict.kind:
        case FailureClass.SESSION:
            return Session(captcha_at=session.captcha_at), "relogin"
        case FailureClass.CAPTCHA:
            return evolve(session, captcha=None), "captcha"
        case FailureClass.RATE_LIMITED:
            return session, "rate_limited"
        case FailureClass.TEMPORARY:
            return session, "temporary"
        case _:
            return session, "unknown"


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
    after = After(record, session, Next.AGAIN, failures)
    if failures >= getattr(policy.budgets, budget):
        return _give_up(after, now, policy, retry=budget in _TAKEN_UP_AGAIN)
    wait = 0.0 if budget in _WITHOUT_WAIT else policy.backoff.wait(failures)
    if full_wait and budget == "rate_limited":
        wait = max(wait, CAPTCHA_EVERY)
    return evolve(after, record=evolve(record, due_at=now + wait))


def _within_total(after: After, now: float, policy: RedeemPolicy) -> After:
    """Give up on a pair that has no call left, whatever it needs next."""
    spent = after.record.spent
    if after.next is Next.SETTLED or spent.total < policy.budgets.total:
        return after
    retry = any(getattr(spent, budget) for budget in _TAKEN_UP_AGAIN)
    return _give_up(evolve(after, failures=spent.total), now, policy, retry=retry)


def _give_up(after: After, now: float, policy: RedeemPolicy, *, retry: bool) -> After:
    retries = retry and after.record.round <= policy.retry_rounds
    due_at = now + policy.retry_after if retries else after.record.due_at
    status = after.record.status or Status.NOT_LOGIN  # the calls ended before anything was refused
    record = evolve(after.record, outcome=Outcome.FAILED, status=status, retries=retries, due_at=due_at)
    return evolve(after, record=record, next=Next.SETTLED)
