"""How codes end, and what that makes of their pairs; `ledger` hands these on."""

from attrs import evolve

from actors.giftcodes.model import CodeState, Outcome, Redemption, Status

ENDING = {
    Status.EXPIRED: CodeState.EXPIRED,
    Status.CDK_NOT_FOUND: CodeState.INVALID,
    Status.USED: CodeState.USED_UP,
}
"""Verdicts of scope code, and the state they put a code into once two players got one."""

STATUS_OF = {
    CodeState.EXPIRED: Status.EXPIRED.value,
    CodeState.INVALID: Status.CDK_NOT_FOUND.value,
    CodeState.USED_UP: Status.USED.value,
    CodeState.RETIRED: "RETIRED",
}
"""The word for pairs that were settled by their code's end."""


def settle(record: Redemption, status: str, now: float) -> Redemption:
    """The pair failed because its code has ended."""
    first_at = now if record.first_at is None else record.first_at
    return evolve(
        record, outcome=Outcome.FAILED, status=status, retries=False, first_at=first_at, last_at=now
    )
