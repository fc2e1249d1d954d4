"""Whether a member may open a session; and whether the one there is still has its thread."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from math import ceil, inf
from typing import TypeVar

import trio

from actors.vip.model import ClosedVIPSession, EndReason, VIPBlock
from actors.vip.parts import SessionParts
from actors.vip.ports import FloodWait, Forbidden, Refused, ThreadStatus, Trouble, Unreachable
from actors.vip.retrying import patiently
from actors.vip.words import Notice, Word

logger = logging.getLogger(__name__)

T = TypeVar("T")

_REASONS = {
    ThreadStatus.ARCHIVED: EndReason.ARCHIVED,
    ThreadStatus.LOCKED: EndReason.ARCHIVED,
    ThreadStatus.GONE: EndReason.DELETED,
    ThreadStatus.FORBIDDEN: EndReason.INACCESSIBLE,
}


async def refusal(parts: SessionParts) -> Notice | None:
    """Why the member who pressed the button may not open a session; None: it may."""
    member, policy, store = parts.member, parts.policy, parts.ports.store
    roles = frozenset[str]().union(*(click.roles for click in parts.clicks.values()))
    if await store.get(VIPBlock, member.key) is not None:
        return Notice.of(Word.BLOCKED)
    if policy.vip_role and policy.vip_role in roles:
        return Notice.of(Word.ALREADY_VIP)
    closed = await store.find(ClosedVIPSession, guild=member.guild, member=member.id)
    ended = max((c.closed_at for c in closed if c.reason is EndReason.OWNER), default=-inf)
    left = ended + policy.cooldown - parts.now()
    if left > 0:
        return Notice.of(Word.COOLING_DOWN, seconds=ceil(left))
    try:
        missing = await _soon(parts, lambda: parts.ports.threads.missing_permissions(member.guild))
    except Trouble as error:
        logger.warning("The permissions for VIP threads can't be checked: %s", error)
        return Notice.of(word_of(error))
    return Notice.of(Word.MISSING_PERMISSIONS, missing=", ".join(missing)) if missing else None


def word_of(error: Trouble) -> Word:
    """What a member is told of what Discord says."""
    match error:
        case Unreachable():
            return Word.TRY_AGAIN
        case FloodWait():
            return Word.SLOW_DOWN
        case Forbidden():
            return Word.NOT_ALLOWED
        case _:
            return Word.NOT_OPENED


async def notice_of_forbidden(parts: SessionParts) -> Notice:
    """Discord has said that the bot may not: what it lacks, if that can be told."""
    missing: Sequence[str] = ()
    try:
        missing = await _soon(parts, lambda: parts.ports.threads.missing_permissions(parts.member.guild))
    except Trouble as error:
        logger.info("What the bot lacks can't be told: %s", error)
    if missing:
        return Notice.of(Word.MISSING_PERMISSIONS, missing=", ".join(missing))
    return Notice.of(Word.NOT_ALLOWED)


async def fault_of_thread(parts: SessionParts) -> EndReason | None:
    """Why the session's thread is of no more use, asked of Discord itself; None: it lives.

    All sessions ask it in the same moment when Discord is back: so many at once as may. Raises `Unreachable`
    when Discord does not answer, after a bounded number of tries.
    """
    policy, thread = parts.policy, parts.book.live.thread

    async def fetch() -> ThreadStatus:
        async with parts.ports.reading.turn():
            return await parts.ports.threads.fetch(thread)

    try:
        status = await patiently(policy, fetch, tries=policy.tries, longest_flood=policy.opening_flood)
    except (FloodWait, Refused) as error:  # nobody knows what such an answer says of the thread
        raise Unreachable(str(error)) from error
    return _REASONS.get(status)


async def _soon(parts: SessionParts, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask Discord while a member watches. Raises `Unreachable` where it takes longer than `check_within`."""
    policy = parts.policy
    with trio.move_on_after(policy.check_within):
        return await patiently(policy, ask, tries=policy.tries, longest_flood=policy.check_within)
    raise Unreachable(f"no answer within {policy.check_within:g} seconds")


async def judge_existing(parts: SessionParts) -> EndReason | None:
    """A member with an open session pressed the button: answer, or tell why the session has to end first."""
    try:
        fault = _REASONS.get(await _soon(parts, lambda: parts.ports.threads.fetch(parts.book.live.thread)))
    except Trouble as error:
        if parts.policy.clean_unreachable:
            return EndReason.UNREACHABLE
        logger.warning("The thread of user %s can't be checked: %s", parts.member.id, error)
        await parts.answer_clicks(
            Notice.of(Word.SLOW_DOWN if isinstance(error, FloodWait) else Word.TRY_AGAIN)
        )
        return None
    if fault is None:
        logger.debug(
            "User %s has valid active thread %s - blocking duplicate session",
            parts.member.id,
            parts.book.live.thread,
        )
        await parts.answer_clicks(Notice.of(Word.ALREADY_OPEN, link=parts.link()))
    return fault
