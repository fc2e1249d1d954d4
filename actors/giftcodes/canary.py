"""Ended codes that a source still lists: one player tries them again, once a day at most."""

from collections.abc import Iterable

from actors.giftcodes.model import Code, CodeState, Outcome, Player, PlayerKey, Redemption

CANARY_EVERY = 86_400.0
"""Seconds between two trials of one code."""


def is_due(code: Code, now: float) -> bool:
    """Whether an ended code may be tried again; what an operator retired never is."""
    if code.state in {CodeState.LIVE, CodeState.RETIRED}:
        return False
    last = max(code.canary_at or 0.0, code.ended_at or code.first_seen)
    return now - last >= CANARY_EVERY


def choose(code: Code, players: Iterable[Player], records: Iterable[Redemption]) -> PlayerKey | None:
    """A player who did not get the code before: only a success proves that it works again."""
    got_it = {r.fid for r in records if r.outcome in {Outcome.REDEEMED, Outcome.ALREADY}}
    for player in players:
        if player.game == code.game and player.auto_redeem and player.fid not in got_it:
            return player.player_key
    return None
