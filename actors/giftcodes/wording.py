"""The log lines that operators know, word for word; how they count: docs/redeeming.md, "Reading the log"."""

import logging

from actors.giftcodes.attempt import After, Next, Step
from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.model import UNKNOWN_PREFIX, FailureClass, Outcome, Player, Redemption, Status
from actors.ports import Reply

logger = logging.getLogger("perkd.redeem")


def announce(player: Player, step: Step, record: Redemption, policy: RedeemPolicy, *, captcha: bool) -> None:
    """Before a call; `captcha`: somebody read one for it."""
    extra = _fields(player, record) | {"step": step.value}
    logger.info("Redemption attempt %d/%d", record.spent.total, policy.budgets.total, extra=extra)
    if step is Step.REDEEM and captcha:
        tries = f"{record.spent.captcha + 1}/{policy.budgets.captcha}"
        logger.info("Attempt %s to redeem for FID %s", tries, player.fid, extra=extra)


def report(player: Player, step: Step, reply: Reply, after: After, now: float) -> None:
    """After an answer."""
    record, kind = after.record, reply.verdict.kind
    extra = _fields(player, record) | {"status": reply.verdict.status, "step": step.value}
    given_up = after.next is Next.SETTLED and record.outcome is Outcome.FAILED
    if kind is FailureClass.SUCCESS:
        _report_success(player, step, reply, record, extra)
    else:
        again = "" if given_up else reply.verdict.status
        _report_failure(player, step, reply.verdict.status, again, extra, relogin=record.spent.relogin > 0)
    if given_up:
        _report_giving_up(player, step, after, extra)
    elif kind is not FailureClass.SUCCESS and record.due_at > now:
        text = "Redemption attempt %d failed for %s, retrying in %.1fs"
        logger.info(text, record.spent.total, player.label, record.due_at - now, extra=extra)


def report_unread(player: Player, after: After) -> None:
    """After nobody read a captcha."""
    extra = _fields(player, after.record) | {"status": after.record.status}
    logger.warning("Nobody answered the captcha for %s", player.label, extra=extra)
    if after.next is Next.SETTLED:
        _report_giving_up(player, Step.CAPTCHA, after, extra)


def report_spent(player: Player, after: After) -> None:
    """Where no call is left, though the last one's answer is not known; or where none was worth making."""
    _report_giving_up(player, Step.REDEEM, after, _fields(player, after.record))


def _report_success(
    player: Player, step: Step, reply: Reply, record: Redemption, extra: dict[str, object]
) -> None:
    match step:
        case Step.LOGIN if record.spent.relogin:
            logger.info("✅ Re-login successful for %s", player.label, extra=extra)
        case Step.LOGIN:
            text = "✅ Login successful for %s (FID: %s, attempt %d)"
            name = reply.nickname or player.label
            logger.info(text, name, player.fid, record.spent.total, extra=extra)
        case Step.REDEEM:
            text = "✅ Redeemed for %s: %s (attempt %d)"
            logger.info(text, player.label, record.status, record.spent.total, extra=extra)
        case Step.CAPTCHA:
            pass


def _report_failure(
    player: Player, step: Step, status: str, again: str, extra: dict[str, object], *, relogin: bool
) -> None:
    if again == Status.CAPTCHA_FETCH_ERROR:
        text = "⚠️ CAPTCHA fetch failed for %s, might be session issue, re-logging in..."
        logger.warning(text, player.label, extra=extra)
    elif step is Step.LOGIN and relogin:
        words = status.replace("_", " ") if status == Status.NOT_LOGIN else status
        logger.warning("❌ Re-login failed for %s: %s", player.label, words, extra=extra)
    elif status.startswith(UNKNOWN_PREFIX):
        logger.warning("⚠️ Unknown API status for %s: %s", player.label, status, extra=extra)


def _report_giving_up(player: Player, step: Step, after: After, extra: dict[str, object]) -> None:
    record = after.record
    count = after.failures or record.spent.total
    if step is Step.LOGIN and after.failures:
        logger.warning("❌ Login failed for %s after %d attempts", player.label, count, extra=extra)
    elif record.status.startswith(UNKNOWN_PREFIX):
        text = "❌ Giving up on %s after %d attempts with unknown status: %s"
        logger.warning(text, player.label, count, record.status, extra=extra)
    else:
        text = "❌ Redemption failed for %s after %d attempts, final status: %s"
        logger.warning(text, player.label, count, record.status, extra=extra)


def _fields(player: Player, record: Redemption) -> dict[str, object]:
    return {
        "game": player.game,
        "fid": player.fid,
        "code": record.code,
        "attempt": record.spent.total,
        "round": record.round,
        "attempts": record.attempts,
        "outcome": record.outcome.value if record.outcome is not Outcome.PENDING else "",
    }
