"""What the campaign and its parts are given; import `CampaignPorts` from `campaign`."""

from collections.abc import Callable, Collection

from attrs import frozen

from actors.giftcodes.budgets import RedeemPolicy
from actors.ports import Clock, Store
from supervision import ActorRef, DynamicRef

STORE_RETRY = 2.0
"""Seconds until a store that was away is asked again."""


@frozen
class CampaignPorts:
    """What the campaign is given."""

    redeemers: DynamicRef
    announcer: ActorRef
    store: Store
    clock: Clock
    policy: Callable[[], RedeemPolicy]
    games: Collection[str] | None = None
    """The games that can be called; players of others wait until theirs can be, and nothing is attempted for
    them. None: all can."""
    listeners: tuple[ActorRef, ...] = ()
    """Others that are told when codes change, as the announcer is."""
