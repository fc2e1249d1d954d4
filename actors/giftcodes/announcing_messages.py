"""What the announcer is told and asked; import from `announcer`, but for its senders' parts."""

from attrs import frozen

from actors.giftcodes.model import CodeKey


@frozen
class CodesChanged:
    """There may be a code, a channel or an activation that was not announced yet, or a code has ended."""


@frozen
class BoardBack:
    """The board can be reached again: what failed is tried at once, not after its backoff."""


@frozen
class CodesMoved:
    """Codes may stand elsewhere for a guild's players. The campaign tells it once a second at most."""

    pairs: frozenset[tuple[CodeKey, str]] = frozenset()
    """(code, guild id)."""
    guilds: frozenset[str] = frozenset()
    """Guilds for which every live code may have moved: their players are others now."""
    everything: bool = False


@frozen
class AnnouncerStatus:
    """Asks for `AnnouncerNumbers`."""


@frozen
class AnnouncerNumbers:
    """How the announcer stands, in this life."""

    posted: int
    failing: str
    """Why something can't be posted now; "" where everything can."""
    waiting: int = 0
    """Posts that are owed."""
    troubles: int = 0
    """Channels that a person has to mend."""
    edited: int = 0
