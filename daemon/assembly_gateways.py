"""The gateways in the supervision tree: those of the gift codes, and beside them those of VIP threads."""

from collections.abc import Callable, Mapping

from supervision import Actor, ActorSpec, Backoff, SupervisorSpec, Tree

GATEWAYS = "gateways"
DISCORD = f"{GATEWAYS}/discord"
WATCHER = f"{GATEWAYS}/watcher"
TELEGRAM = f"{GATEWAYS}/telegram"
VIP_WATCHER = f"{GATEWAYS}/vip"
"""Where the actors are, below the root."""

GRACE = 20.0
"""Seconds a gateway may take to say goodbye and to end its thread."""

Make = Callable[[Tree], Actor]

_BRIEF = Backoff(min=0.5, max=30.0, factor=2.0, jitter=0.1, reset_after=60.0)
_BESIDE = Backoff(min=1.0, max=300.0, factor=4.0, jitter=0.1, reset_after=60.0)
_IN_A_MINUTE = 4
"""Restarts that `_BESIDE` lets one actor have in a minute."""
_HALF = Backoff(min=1.0, max=300.0, factor=2.0, jitter=0.1, reset_after=300.0)


def gateways_spec(
    giftcodes: Mapping[str, Make], vip: Mapping[str, Make], tree: Callable[[], Tree]
) -> SupervisorSpec:
    """`gateways`: name → what makes the actor. Those of VIP threads never take the others along."""
    children = [
        *(_spec(name, make, tree, _BRIEF) for name, make in giftcodes.items()),
        *(_spec(name, make, tree, _BESIDE) for name, make in vip.items()),
    ]
    # All that the backoff lets VIP's have is no reason to give up.
    intensity = 5 + _IN_A_MINUTE * len(vip)
    return SupervisorSpec(GATEWAYS, children, intensity=intensity, period=60.0, backoff=_HALF)


def _spec(name: str, make: Make, tree: Callable[[], Tree], backoff: Backoff) -> ActorSpec:
    return ActorSpec(name, lambda: make(tree()), backoff=backoff, grace=GRACE)
