"""What can go wrong, as exceptions a caller can tell apart."""


class SupervisionError(Exception):
    """Base of every error this package raises."""


class InvalidSpec(SupervisionError):  # noqa: N818 - named for the thing
    """A specification or an argument has a fault: the text names it and its value. Nothing was begun."""


class MailboxFull(SupervisionError):  # noqa: N818 - the field's word
    """The mailbox holds as many messages as it may. `send` would have waited for room."""


class ActorDead(SupervisionError):  # noqa: N818 - the field's word
    """The actor has ended for good: nobody will ever read this mailbox again."""


class ActorCrashed(SupervisionError):  # noqa: N818 - the field's word
    """The actor crashed while it worked on the question; the text holds the cause. It may be restarted."""


class AskTimeout(SupervisionError):  # noqa: N818 - the field's word
    """No answer came in time. A late one is dropped."""


class AskCycle(SupervisionError):  # noqa: N818 - the field's word
    """Actors ask each other in a ring, which could never be answered; the text names the path."""


class NotRunning(SupervisionError):  # noqa: N818 - the field's word
    """The supervisor is not running now (stopped, or between two incarnations)."""


class AlreadyRunning(SupervisionError):  # noqa: N818 - the field's word
    """A child of this name or key is running."""


class AlreadyPresent(SupervisionError):  # noqa: N818 - OTP's word
    """A child of this name is known, but not running: it can be restarted, or deleted."""


class ChildNotFound(SupervisionError):  # noqa: N818 - OTP's word
    """The supervisor has no child of this name."""


class Restarting(SupervisionError):  # noqa: N818 - OTP's word
    """The child is about to be started again, alone or with its group. It can be stopped, nothing else."""


class OnlyByKey(SupervisionError):  # noqa: N818 - named for the rule
    """Children of a dynamic supervisor are started and stopped by key; not restarted, not deleted."""


class StartFailed(SupervisionError):  # noqa: N818 - the field's word
    """A child could not be started; the text names its path and the cause."""


class TreeFailed(SupervisionError):  # noqa: N818 - the field's word
    """The root supervisor gave up; the text holds the last cause."""


class Decline(SupervisionError):  # noqa: N818 - an answer, not a fault
    """Raised by `Actor.started`: not now. The child is recorded as not running; no error, no budget."""


class StopActor(SupervisionError):  # noqa: N818 - an order, not a fault
    """Raised by an actor: end me for good, as a clean end, whatever my kind; at once, without `stopped`."""


class StopTree(SupervisionError):  # noqa: N818 - an order, not a fault
    """Raised by an actor: stop the whole tree, in order."""
