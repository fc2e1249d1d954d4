"""The audit log: what people with rights changed."""

import logging
import uuid
from heapq import nlargest

import trio
from attrs import frozen

from actors.giftcodes.model import Audit
from actors.ports import Delete, Put, StoreUnavailable
from daemon.service.ports import Service

logger = logging.getLogger("perkd.service")

LIMIT = 200
"""Entries that are listed, where nobody says how many."""
RECORD_WITHIN = 5.0
"""Seconds the audit log has for what was done already."""
PRUNED_AT_ONCE = 200
"""Entries that are deleted in one commit: others want to write as well."""


@frozen
class By:
    """Who changes something, and in which guild."""

    guild: str
    guild_name: str
    member: str


CLI = By("", "", "cli")
"""Whoever uses perkd's commands on its host."""


def entry(service: Service, by: By, action: str, details: str = "") -> Audit:
    """The record to be committed with the change itself.

    Args:
        service: for the time.
        by: who did it.
        action: a short name, as `setchannel`.
        details: what it was before and is now, in words.
    """
    return Audit(uuid.uuid4().hex, service.clock.now(), by.guild, by.member, action, details)


async def record(service: Service, by: By, action: str, details: str = "") -> bool:
    """Record something that was done already: an audit log that is away is logged, and undoes nothing.

    Returns whether the audit log has it.
    """
    try:
        with trio.fail_after(RECORD_WITHIN):
            await service.store.commit(Put(entry(service, by, action, details)))
    except (StoreUnavailable, trio.TooSlowError) as error:
        logger.error("The audit log lacks %s %s: %s", action, details, error)  # noqa: TRY400 - all there is
        return False
    return True


async def prune(service: Service, before: float) -> int:
    """Delete the entries made before `before` (unix seconds); returns how many.

    Raises `StoreUnavailable`, perhaps half-way.
    """
    old = [one for one in await service.store.find(Audit) if one.at < before]
    for start in range(0, len(old), PRUNED_AT_ONCE):
        async with service.lock:  # who erases a member's data writes entries again that it has read
            await service.commit_all(*(Delete(Audit, one.key) for one in old[start : start + PRUNED_AT_ONCE]))
    return len(old)


async def list_audit(service: Service, guild: str | None, limit: int = LIMIT) -> list[Audit]:
    """The guild's entries, the newest first; None: everybody's. Raises `StoreUnavailable`."""
    of_guild = {} if guild is None else {"guild": guild}
    return nlargest(limit, await service.store.find(Audit, **of_guild), key=lambda one: (one.at, one.id))
