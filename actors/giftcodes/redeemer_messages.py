"""What a redeemer is told; `redeemer` hands these on: import them from there."""

from attrs import frozen

from actors.giftcodes.model import Player

Rank = tuple[float, ...]


@frozen
class Work:
    """The campaign: you have something to do from `due_at` (unix seconds) on; a lower rank goes first."""

    due_at: float
    rank: Rank
    player: Player


@frozen
class NoWork:
    """The campaign: there is nothing to do for you now."""


@frozen
class Report:
    """The campaign, new itself: say when you are at work on nothing."""
