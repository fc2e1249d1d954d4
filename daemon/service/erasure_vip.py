"""What is stored about a member of VIP threads, and what becomes of it when the member is erased."""

import re
from collections.abc import Awaitable, Callable, Sequence

from attrs import evolve, frozen

from actors.giftcodes.model import Audit
from actors.ports import Change, Delete, Put, Store
from actors.vip.model import ClosedVIPSession, Crossing, VIPAccount, VIPBlock, VIPSession

EndVIPSession = Callable[[str, str], Awaitable[bool]]
"""Has a member's live session ended and erased: of a guild and a member, whether that is done."""
ERASED = "(erased)"
_VIP_ACTION = "vip "
"""How the actions of audit entries on VIP sessions begin."""


@frozen
class VIPKnown:
    """How much is stored about a member of VIP threads. Numbers are of records.

    Attributes:
        sessions: that are live.
        closed: sessions that are over.
        crossings: messages of these sessions, of which ids are stored.
        ended: sessions of others that the member ended, and blocks that the member set, as staff: they stay,
            without the member.
        blocks: servers that let the member open no session: they stay, with the member.
        ending: of `sessions`, those that could not be ended in time: they are erased when they have ended.
    """

    sessions: int = 0
    closed: int = 0
    crossings: int = 0
    ended: int = 0
    blocks: int = 0
    ending: int = 0


@frozen
class VIPFound:
    """What names a member, in records of VIP threads."""

    live: Sequence[VIPSession] = ()
    closed: Sequence[ClosedVIPSession] = ()
    crossings: Sequence[Crossing] = ()
    """Of these sessions: ids of messages and what became of them."""
    accounts: Sequence[VIPAccount] = ()
    """That are leased to these sessions."""
    ended: Sequence[ClosedVIPSession] = ()
    """Of others, that the member ended as staff."""
    blocks: Sequence[VIPBlock] = ()
    """Of the member. They stay."""
    blocked: Sequence[VIPBlock] = ()
    """Of others, by the member."""

    def known(self, ending: int = 0) -> VIPKnown:
        """How much it is."""
        return VIPKnown(
            len(self.live),
            len(self.closed),
            len(self.crossings),
            len(self.ended) + len(self.blocked),
            len(self.blocks),
            ending,
        )

    def erased(self, *, live: bool) -> list[Change]:
        """What erases it. `live`: nobody works on live sessions, they are erased as well."""
        kept = set() if live else {one.id for one in self.live}
        changes: list[Change] = [
            Delete(Crossing, one.key) for one in self.crossings if one.session not in kept
        ]
        if live:
            changes += [Put(evolve(one, member="")) for one in self.accounts]
            changes += [Delete(VIPSession, one.key) for one in self.live]
        changes += [Delete(ClosedVIPSession, one.key) for one in self.closed]
        changes += [Put(evolve(one, ended_by="")) for one in self.ended]
        return changes + [Put(evolve(one, by="")) for one in self.blocked]


async def find_vip(store: Store, member: str) -> VIPFound:
    """Look for it. Raises `StoreUnavailable`."""
    if not member:
        return VIPFound()
    live = await store.find(VIPSession, member=member)
    every = await store.find(ClosedVIPSession)
    closed = [one for one in every if one.member == member]
    keys, ids = {one.key for one in live}, [*(one.id for one in live), *(one.id for one in closed)]
    blocks = await store.find(VIPBlock)
    return VIPFound(
        live,
        closed,
        [one for id_ in ids for one in await store.find(Crossing, session=id_)],
        [one for one in await store.find(VIPAccount) if one.member in keys],
        [one for one in every if one.ended_by == member and one.member != member],
        [one for one in blocks if one.member == member],
        [one for one in blocks if one.by == member and one.member != member],
    )


async def end_live(live: Sequence[VIPSession], end: EndVIPSession | None) -> int:
    """Have the live sessions ended, where VIP threads are on; returns how many are not over yet."""
    if end is None:
        return 0
    return sum([not await end(one.guild, one.member) for one in live])


def names_in_vip(audit: Audit, member: str) -> bool:
    """Whether an entry's details tell of the member's session, or by name that the member ended another's."""
    if not audit.action.startswith(_VIP_ACTION):
        return False
    return audit.member == member or bool(re.search(rf"(?<!\d){re.escape(member)}(?!\d)", audit.details))
