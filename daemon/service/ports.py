"""What the operations are given."""

from collections.abc import Awaitable, Callable, Collection, Mapping

import trio
from attrs import field, frozen

from actors.giftcodes.model import Player
from actors.giftcodes.verifier import Verified
from actors.ports import Change, Clock, Put, Store
from daemon.service.allowance import Allowance
from daemon.service.erasure_vip import EndVIPSession


def _nobody(_collections: frozenset[str]) -> None:
    """Nobody is told: no daemon runs."""


VerifyPlayer = Callable[[Player], Awaitable[Verified]]
"""Asks the game whether there is such a player; answers `unknown` where nothing can be found out in time."""

PLAYERS_PER_MEMBER = 20


async def _unverified(_player: Player) -> Verified:
    await trio.lowlevel.checkpoint()
    return Verified("unknown")


@frozen
class Service:
    """The store and whom to tell. One for the process: its lock is what keeps two changes apart.

    Attributes:
        store: the records.
        clock: the time that records are dated with.
        games: asked each time for the configured games: name → protocol, `v1` or `v2`.
        on_change: told the collections that were changed, after the commit: `players`, `registrations`,
            `guilds`, `codes`, `wishes`. It must neither block nor raise; the running daemon tells its
            campaign.
        retry_code: asks the campaign to let one player try an ended code (game, code); None where no
            daemon runs that could.
        verify: asks the game whether there is such a player; without a daemon nothing is found out.
        players_per_member: asked each time how many players one member may register.
        boards: asked each time for the names of the plugged-in boards.
        end_vip: has a member's VIP session ended and erased; None where VIP threads are off.
        lock: held by whoever reads records, and writes what it made of them.
        tries: how often members may have something done that costs calls to a game.
    """

    store: Store
    clock: Clock
    games: Callable[[], Mapping[str, str]]
    on_change: Callable[[frozenset[str]], None] = _nobody
    retry_code: Callable[[str, str], None] | None = None
    verify: VerifyPlayer = _unverified
    players_per_member: Callable[[], int] = lambda: PLAYERS_PER_MEMBER
    boards: Callable[[], Collection[str]] = tuple
    end_vip: EndVIPSession | None = None
    lock: trio.Lock = field(factory=trio.Lock, eq=False, repr=False)
    tries: Allowance = field(factory=Allowance, eq=False, repr=False)

    async def commit(self, collection: str, *changes: Change) -> None:
        """Commit, and tell of it. A commit that failed is told of too, since it may have been made."""
        try:
            await self.store.commit(*changes)
        finally:
            self.on_change(frozenset({collection}))

    async def commit_all(self, *changes: Change) -> None:
        """The same for changes of several collections; without any nothing is done."""
        if not changes:
            return
        touched = (one.record.collection if isinstance(one, Put) else one.type.collection for one in changes)
        heard_of = frozenset(touched) & HEARD_OF
        try:
            await self.store.commit(*changes)
        finally:
            if heard_of:
                self.on_change(heard_of)


HEARD_OF = frozenset({"players", "registrations", "guilds", "codes", "wishes"})
"""Collections whose changes somebody waits for."""
