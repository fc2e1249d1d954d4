"""The log lines that operators know, word for word."""

import logging

from actors.giftcodes.attempt import After, Next, Step
from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.model import UNKNOWN_PREFIX, FailureClass, Outcome, Player, Redemption, Status
from actors.ports import Reply

logger = logging.getLogger("perkd.redeem")


def announce(player: Player, step: Step, record: Redemption, policy: RedeemPolicy) -> None:
    """Before a call."""
    if step is not Step.REDEEM:
        return
    extra = _fields(player, record)
    if record.spent.captcha:
        tries = f"{record.spent.captcha + 1}/{policy.budgets.captcha}"
        logger.info("Attempt %s to redeem for FID %s", tries, player.fid, extra=extra)
    logger.info("Redemption attempt %d/%d", record.spent.total, policy.budgets.total, extra=extra)


def report(player: Player, step: Step, reply: Reply, after: After, now: float) -> None:
    """After an answer."""
    record, kind = after.record, reply.verdict.kind
    extra = _fields(player, record) | {"status": reply.verdict.status, "step": step.value}
    if kind is FailureClass.SUCCESS:
        _report_success(player, step, reply, record, extra)
        return
    _report_failure(player, step, reply, extra, relogin=record.spent.relogin > 0)
    if after.next is Next.SETTLED:
        _report_giving_up(player, step, after, extra)
    elif after.record.due_at > now:
        wait = after.record.due_at - now
        count = after.failures
        text = "Redemption attempt %d failed for %s, retrying in %.1fs"
        logger.info(text, count, player.label, wait, extra=extra)


def _report_success(
    player: Player, step: Step, reply: Reply, record: Redemption, extra: dict[str, object]
) -> None:
    match step:
        case Step.LOGIN if record.spent.relogin:
            logger.info("✅ Re-login successful for %s", player.label, extra=extra)
        case Step.LOGIN:
            text = "✅ Login successful for %s (FID: %s, attempt %d)"
            name = reply.nickname or player.label
            logger.info(text, name, player.fid, record.spent.login + 1, extra=extra)
        case Step.REDEEM:
            text = "✅ Redeemed for %s: %s (attempt %d)"
            logger.info(text, player.label, record.status, record.attempts, extra=extra)
        case Step.CAPTCHA:
            pass


def _report_failure(
    player: Player, step: Step, reply: Reply, extra: dict[str, object], *, relogin: bool
) -> None:
    status = reply.verdict.status
    if status == Status.CAPTCHA_FETCH_ERROR:
        text = "⚠️ CAPTCHA fetch failed for %s, might be session issue, re-logging in..."
        logger.warning(text, player.label, extra=extra)
    elif step is Step.LOGIN and relogin:
        words = status.replace("_", " ") if status == Status.NOT_LOGIN else status
        logger.warning("❌ Re-login failed for %s: %s", player.label, words, extra=extra)
    elif status.startswith(UNKNOWN_PREFIX):
        logger.warning("⚠️ Unknown API status for %s: %s", player.label, status, extra=extra)


def _report_giving_up(player: Player, step: Step, after: After, extra: dict[str, object]) -> None:
    record = after.record
    count = after.failures or max(1, record.attempts)
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
        "attempts": record.attempts,
        "outcome": record.outcome.value if record.outcome is not Outcome.PENDING else "",
    }
