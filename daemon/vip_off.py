"""VIP's part of the status while VIP threads do not run: sessions that are still open are counted."""

import trio
from attrs import define, field

from actors.ports import Store, StoreUnavailable
from actors.vip.model import VIPSession
from daemon.vip_report import VIPPart


@define
class VIPOff:
    """Nobody works on these sessions, so nobody else would tell of them.

    Args:
        store: where sessions are.
    """

    store: Store
    _none: bool = field(default=False, init=False)
    """There was none, and there can't come any."""

    async def look(self, within: float = 0.25) -> VIPPart:
        """The part now. `sessions` is None where the store does not answer within so many seconds."""
        left = await self._count(within)
        document: dict[str, object] = {"enabled": False, "sessions": left, "accounts": {}}
        return VIPPart(document, (_left_open(left),) if left else ())

    async def _count(self, within: float) -> int | None:
        if self._none:
            return 0
        left = None
        with trio.move_on_after(within):
            try:
                left = len(await self.store.find(VIPSession))
            except StoreUnavailable:
                return None
        self._none = left == 0
        return left


def _left_open(count: int) -> str:
    sessions, it = ("1 VIP session is", "it") if count == 1 else (f"{count} VIP sessions are", "them")
    return (
        f"{sessions} still open, and VIP threads do not run: nothing crosses, and neither members nor staff "
        f"can end {it}. Run them again ([vip] enabled = true), and end {it} with /vip end before you switch "
        "them off"
    )
