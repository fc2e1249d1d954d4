"""How the accounts' connections stand: asked of the TelegramActor. Knows nothing of Telethon."""

from attrs import frozen

NOT_YET = "it has not connected yet"
"""Why an account is not connected that has not tried in vain yet."""


@frozen
class TelegramStatus:
    """Asks for a tuple of `AccountNumbers`."""


@frozen
class AccountNumbers:
    """How one account's connection stands."""

    name: str
    state: str
    """`connected`, `away` (tried again) or `dead`."""
    reason: str = ""


@frozen
class ReviveAccount:
    """It was signed in anew: a dead account is tried again. Answered by whether there is one of this name."""

    name: str
