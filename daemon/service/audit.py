"""The audit log: what people with rights changed."""

import uuid
from heapq import nlargest

from attrs import frozen

from actors.giftcodes.model import Audit
from actors.ports import Put
from daemon.service.ports import Service

LIMIT = 200
"""Entries that are listed, where nobody says how many."""


@frozen
class By:
    """Who changes something, and in which guild."""

    guild: str
    guild_name: str
    member: str


def entry(service: Service, by: By, action: str, details: str = "") -> Audit:
    """The record to be committed with the change itself.

    Args:
        service: for the time.
        by: who did it.
        action: a short name, as `setchannel`.
        details: what it was before and is now, in words.
    """
    return Audit(uuid.uuid4().hex, service.clock.now(), by.guild, by.member, action, details)


async def record(service: Service, by: By, action: str, details: str = "") -> Audit:
    """Record something that was done already. Raises `StoreUnavailable`."""
    audit = entry(service, by, action, details)
    await service.store.commit(Put(audit))
    return audit


async def list_audit(service: Service, guild: str, limit: int = LIMIT) -> list[Audit]:
    """The guild's entries, the newest first. Raises `StoreUnavailable`."""
    return nlargest(limit, await service.store.find(Audit, guild=guild), key=lambda one: (one.at, one.id))
