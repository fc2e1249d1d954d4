"""What an adapter has to know of a game: one `[games.NAME]` table of the configuration."""

from enum import StrEnum

from attrs import field, frozen

from daemon.secrets import Secret


class ProtocolVersion(StrEnum):
    """The two protocols of the games' web API."""

    V1 = "v1"
    """Login, captcha (where the game has one), redeem; until 2026-07."""
    V2 = "v2"
    """One signed call, with the player's state number."""


class Endpoint(StrEnum):
    """The endpoints, by the last part of their address."""

    LOGIN = "player"
    CAPTCHA = "captcha"
    REDEEM = "gift_code"
    CONFIG = "gift_code_config"


@frozen
class GameSettings:
    """One game's API: where it is, what it speaks, and the key that signs the calls."""

    name: str
    protocol: ProtocolVersion = field(converter=ProtocolVersion)
    base_url: str
    """Up to and with `/api`; a slash at the end does no harm."""
    origin: str
    """The address of the game's own gift-code page, as its browsers send it."""
    sign_key: Secret
    captcha: str = "person"
    """`v1` only: `none`, `person`, or the name of a plugged-in solver."""
    timeout: float = 30.0
    """Seconds for one whole call, from looking up the address to the last byte."""
