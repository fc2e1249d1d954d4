"""Who plays and what can be redeemed: the values a simulated game is filled with."""

from enum import StrEnum

from attrs import field, frozen
from attrs.validators import ge, min_len, optional


class CodeState(StrEnum):
    """What the game thinks of a code. One that it never heard of is `unknown` as well."""

    LIVE = "live"
    EXPIRED = "expired"
    USED = "used"
    UNKNOWN = "unknown"


@frozen
class SimPlayer:
    """A player of the game."""

    fid: str = field(validator=min_len(1))
    kid: str = "1"
    """State or kingdom number."""
    name: str = ""
    level: int = 30
    vip: int = 6
    purchased: bool = True
    claimed_kinds: tuple[str, ...] = ()
    """Kinds of codes this player redeemed before the simulator began: `SAME TYPE EXCHANGE`."""


@frozen
class SimCode:
    """A gift code. `kind` joins codes of which a player gets one only."""

    code: str = field(validator=min_len(1))
    state: CodeState = CodeState.LIVE
    uses: int | None = field(default=None, validator=optional(ge(0)))
    """How many players may still redeem it; None: all."""
    kind: str = ""
    min_level: int = 0
    min_vip: int = 0
    needs_purchase: bool = False
