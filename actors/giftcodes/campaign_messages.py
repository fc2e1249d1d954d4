"""What the campaign is told and asked; apart from `campaign.py`, since its senders are what it sends to."""

from attrs import frozen

from actors.giftcodes.model import Code, CodeKey, PlayerKey, Redemption
from supervision import ActorRef


@frozen
class ClaimPair:
    """Asked by a redeemer that holds a slot: which pair now? Answered by a `Redemption`, or None."""

    player: PlayerKey


@frozen
class StepDone:
    """A redeemer recorded the answer to a call: `record` is what is stored now."""

    player: PlayerKey
    record: Redemption


@frozen
class StepAbandoned:
    """A redeemer could not make the call it had claimed a pair for; nothing was recorded."""

    player: PlayerKey


@frozen
class RedeemerReady:
    """A redeemer was started again after a crash, and knows nothing of its work."""

    player: PlayerKey


@frozen
class RedeemerEnded:
    """A redeemer has ended for good; `ref` tells which, should there be another by now."""

    player: PlayerKey
    ref: ActorRef | None = None


@frozen
class StoreChanged:
    """Somebody changed these collections: `players`, `registrations`, `guilds`, `codes`, `wishes`."""

    collections: frozenset[str]


@frozen
class RetryCode:
    """An operator wants an ended code tried again now, by one player."""

    game: str
    code: str


@frozen
class ProgressOf:
    """Asked how far a live code is for a guild's players. Answered by a `Progress`; None: not known (yet)."""

    code: CodeKey
    guild: str


@frozen
class ListCodes:
    """Asks for all codes, live and ended, in no order: a tuple of `Code`; None: they are not read yet."""


@frozen
class OutcomesOf:
    """Asks how a live code stands for all who want it. Answered by `CodeOutcomes`; None: it is not live."""

    code: CodeKey


@frozen
class CodeOutcomes:
    """How a live code stands; failures by the last answer's word, the most frequent first."""

    code: Code
    wanted: int
    """Players who want it."""
    owed: int
    """Of them: without an outcome."""
    redeemed: int
    already: int
    failed: tuple[tuple[str, int], ...] = ()
    """For good."""
    retrying: tuple[tuple[str, int], ...] = ()
    """Failed, and taken up again later."""


@frozen
class CampaignStatus:
    """Asks for `CampaignNumbers`."""


@frozen
class CampaignNumbers:
    """How the campaign stands. Pairs are counted over the live codes' present activations."""

    loaded: bool
    """False until the store has been read: nothing is claimed before."""
    live_codes: int
    codes: int
    owed: int
    """Pairs without an outcome."""
    redeemed: int
    already: int
    failed: int
    retrying: int
    """Of `failed`: those that are taken up again later."""
    due_next: float | None
    """When the next pair is due (unix seconds)."""
