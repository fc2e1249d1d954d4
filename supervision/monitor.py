"""What those who watch an actor are told at its end."""

from attrs import frozen

from supervision.error_text import ErrorText


@frozen
class Down:
    """An actor has ended for good: nobody will read its mailbox again, unless it is started by hand.

    `how`: `normal` (a clean end that is not followed by a restart), `stopped`, `finished` (by
    `StopActor`), `crashed` (a temporary actor, or one that was being stopped), `start_failed`,
    `declined`, or `gave_up`: its restart was one too many, for its own budget or its supervisor's.
    `error` is the cause where it was none of the clean ones.
    """

    path: str
    how: str
    error: ErrorText | None = None


UNCLEAN = frozenset({"crashed", "start_failed", "gave_up"})
"""The ends that have an error."""
