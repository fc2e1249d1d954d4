"""Blocking members from VIP threads, and letting them in again."""

import re
from typing import Literal

from attrs import evolve, frozen

from actors.ports import Delete, Put
from actors.vip.model import SessionState, VIPBlock, VIPSession
from daemon.service.audit import By, entry
from daemon.service.ports import Service
from daemon.service.problems import Refused
from daemon.service.values import read_reason, shown

_ID = re.compile(r"[1-9][0-9]{0,19}", re.ASCII)


@frozen
class Blocked:
    """What blocking came to.

    `blocked`: from now on. `changed`: was blocked before, and has another reason now. `already`: nothing was
    changed. `live`: a session of the member is there, and goes on.
    """

    result: Literal["blocked", "changed", "already"]
    block: VIPBlock
    live: bool = False


@frozen
class Unblocked:
    """What unblocking came to: `unblocked`, or `free` where the member was not blocked."""

    result: Literal["unblocked", "free"]


async def block_member(service: Service, by: By, member: str, reason: str = "") -> Blocked:
    """Let a member of the guild open no VIP session any more; one that is live goes on.

    The member is told that it is blocked, never why. A new reason takes an older one's place.

    Args:
        service: the store.
        by: who blocks, and in which guild.
        member: the id.
        reason: for staff: it stands in the audit log.

    Raises:
        Refused: the member's id or the reason can't be taken.
        StoreUnavailable: the store can't be asked or written now.
    """
    key, why = _key(by, member), read_reason(reason)
    async with service.lock:
        stored = await service.store.get(VIPBlock, key)
        live = await _is_live(service, key)
        if stored is not None and why in {"", stored.reason}:
            return Blocked("already", stored, live)
        block = VIPBlock(by.guild, member, service.clock.now(), by.member, why)
        if stored is not None:
            block = evolve(block, at=stored.at)
        noted = entry(service, by, "vip block", f"member {member}: {why or 'without a reason'}")
        await service.store.commit(Put(block), Put(noted))
    return Blocked("blocked" if stored is None else "changed", block, live)


async def unblock_member(service: Service, by: By, member: str) -> Unblocked:
    """Let a member open VIP sessions again.

    Raises:
        Refused: the member's id can't be taken.
        StoreUnavailable: the store can't be asked or written now.
    """
    key = _key(by, member)
    async with service.lock:
        if await service.store.get(VIPBlock, key) is None:
            return Unblocked("free")
        noted = entry(service, by, "vip unblock", f"member {member}")
        await service.store.commit(Delete(VIPBlock, key), Put(noted))
    return Unblocked("unblocked")


async def count_blocks(service: Service, guild: str) -> int:
    """How many members of the guild are blocked. Raises `StoreUnavailable`."""
    return len(await service.store.find(VIPBlock, guild=guild))


async def _is_live(service: Service, key: str) -> bool:
    session = await service.store.get(VIPSession, key)
    return session is not None and session.state is not SessionState.ENDING


def _key(by: By, member: str) -> str:
    for what, id_ in (("guild", by.guild), ("member", member)):
        if not _ID.fullmatch(id_):
            raise Refused(f"{what} {shown(id_)}: must be the number that Discord knows it by: Copy ID")
    return f"{by.guild}/{member}"
