"""Telling the member that its session has another account."""

import logging

from actors.vip.outbox import Outbox
from actors.vip.parts import SessionParts
from actors.vip.ports import Trouble
from actors.vip.retrying import patiently
from actors.vip.words import Notice, Word

logger = logging.getLogger(__name__)


async def tell_moved(parts: SessionParts, outbox: Outbox) -> None:
    """The desk knows of it, now the member is told, once. Raises `StoreUnavailable`."""
    lease = parts.lease
    what, notice = f"moved {lease.account} {lease.epoch}", Notice.of(Word.ACCOUNT_MOVED)
    after = outbox.newest_in_thread() or parts.book.live.welcome
    try:
        await patiently(parts.policy, lambda: parts.say(what, notice, doubtful=True, after=after))
    except Trouble as error:
        logger.info("User %s was not told of another account: %s", parts.member.id, error)
    await parts.book.update(moved=False)
