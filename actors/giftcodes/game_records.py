"""How games are called, and how they stand."""

from typing import ClassVar

from attrs import frozen

from actors.record import Record


@frozen
class Call(Record):
    """One request to a game's API, recorded before it leaves.

    The newest calls of a game tell a new life how much of the rate window is spent. `done_at` is None
    until the answer was recorded: such a call may have reached the server at any moment since.
    """

    collection: ClassVar[str] = "calls"
    indexed: ClassVar[tuple[str, ...]] = ("game", "at")

    game: str
    fid: str
    id: str
    at: float
    done_at: float | None = None

    @property
    def key(self) -> str:
        """`game/id`."""
        return f"{self.game}/{self.id}"


@frozen
class Circuit(Record):
    """A game's pause. It outlives a restart, so that a daemon that is restarted does not knock again."""

    collection: ClassVar[str] = "circuits"

    game: str
    reason: str = ""
    """The status word that opened it; "" = closed."""
    until: float = 0.0
    failures: int = 0
    """Failures in a row: each doubles the pause."""
    limit: int | None = None
    """Requests per window as learned from the answers' headers; None = as configured."""

    @property
    def key(self) -> str:
        """The game."""
        return self.game


@frozen
class GameSetup(Record):
    """How a game was last called: where, by which protocol, with which key; as a salted fingerprint.

    When an operator has changed any of it, a pause that the old setup earned is no longer deserved.
    """

    collection: ClassVar[str] = "game_setups"

    game: str
    salt: str
    fingerprint: str

    @property
    def key(self) -> str:
        """The game."""
        return self.game
