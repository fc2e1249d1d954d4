"""Ended codes that a source still lists: one player tries them again, once a day at most."""

from collections.abc import Iterable

from actors.giftcodes.ledger import ENDING
from actors.giftcodes.model import Code, CodeState, Outcome, Player, PlayerKey, Redemption
from actors.ports import Store

CANARY_EVERY = 86_400.0
"""Seconds between two trials of one code."""


def is_due(code: Code, now: float) -> bool:
    """Whether an ended code may be tried again; what an operator retired never is."""
    if code.state in {CodeState.LIVE, CodeState.RETIRED}:
        return False
    last = max(code.canary_at or 0.0, code.ended_at or code.first_seen)
    return now - last >= CANARY_EVERY


def choose(
    code: Code, players: Iterable[Player], records: Iterable[Redemption], now: float = 0.0
) -> PlayerKey | None:
    """A player who did not get the code before: only a success proves that it works again.

    Best is one who was told that the code has ended: nothing else stood in the way. The next day it is
    another one's turn.
    """
    got_it: set[str] = set()
    told: set[str] = set()
    for record in records:
        if record.outcome in {Outcome.REDEEMED, Outcome.ALREADY}:
            got_it.add(record.fid)
        elif _was_told(record):
            told.add(record.fid)
    wanting = [p for p in players if p.game == code.game and p.auto_redeem and p.fid not in got_it]
    able = [player for player in wanting if player.fid in told] or wanting
    return able[int(now // CANARY_EVERY) % len(able)].player_key if able else None


async def find_player(
    store: Store, code: Code, players: Iterable[Player], now: float = 0.0
) -> PlayerKey | None:
    """What `choose` says of all pairs of the code, reading few of them where these decide it.

    In a code's first life, who was told that it has ended can't have got it. Raises `StoreUnavailable`.
    """
    players = list(players)
    pairs = {"game": code.game, "code": code.code}
    if code.activation == 1:
        failed = await store.find(Redemption, **pairs, outcome=Outcome.FAILED.value)
        told = {record.fid for record in failed if _was_told(record)}
        chosen = choose(code, [player for player in players if player.fid in told], failed, now)
        if chosen is not None:
            return chosen
    return choose(code, players, await store.find(Redemption, **pairs), now)


def _was_told(record: Redemption) -> bool:
    return record.attempts > 0 and record.status in ENDING
