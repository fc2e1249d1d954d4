"""What a supervisor's core asks its shell to do."""

from attrs import frozen

from supervision.child import End


@frozen
class Spawn:
    """Start this child."""

    index: int


@frozen
class Stop:
    """Stop this child; its end will be told."""

    index: int


@frozen
class Ready:
    """All children have started: acknowledge the supervisor's own start."""


@frozen
class Finish:
    """No child is left: end the supervisor in this way."""

    end: End
    index: int | None = None
    """The child that could not start, or whose restart was one too many."""


Action = Spawn | Stop | Ready | Finish
