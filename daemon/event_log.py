"""What happens in the tree, as log lines; and counted, for the status."""

import logging

from attrs import define, field

from supervision import (
    BackingOff,
    Crashed,
    DeadLetters,
    Event,
    GaveUp,
    ShutDown,
    StartDeclined,
    Started,
    StartError,
    StopOverdue,
    Stopped,
)

logger = logging.getLogger("perkd.tree")


@define
class EventLog:
    """Hears the events of a tree. Thousands of redeemers come and go without a line."""

    crashes: int = field(default=0, init=False)
    stopping: bool = field(default=False, init=False)
    """Everything is stopped in order: that messages are left over then is no trouble."""

    def __call__(self, event: Event) -> None:
        """Log one event."""
        match event:
            case Started(incarnation=1) | Stopped() | StartDeclined() if not logger.isEnabledFor(
                logging.DEBUG
            ):
                return  # with ten thousand redeemers even a line that nobody sees would cost
        extra = event.to_json()
        extra["kind"] = extra.pop("event")  # the `event` of a log line is its message
        match event:
            case Crashed(path, incarnation, error, lost):
                self.crashes += 1
                on = f" on {lost}" if lost else ""
                logger.error("💥 %s crashed%s (life %d): %s", path, on, incarnation, error, extra=extra)
                for line in error.traceback.splitlines():
                    logger.debug("  | %s", line)
            case StartError() | GaveUp() | StopOverdue() | DeadLetters():
                _log_trouble(event, extra, stopping=self.stopping)
            case BackingOff(path, delay):
                logger.info("%s is started again in %.1f s", path, delay, extra=extra)
            case ShutDown(path, child):
                logger.info("%s has done its work: %s has ended", path, child or "a child", extra=extra)
            case Started(path, incarnation) if incarnation > 1:
                logger.info("%s runs again (life %d)", path, incarnation, extra=extra)
            case Started(path) | Stopped(path) | StartDeclined(path):
                logger.debug("%s %s", path, type(event).__name__.lower(), extra=extra)
            case _:
                logger.debug("%s", extra)


def _log_trouble(
    event: StartError | GaveUp | StopOverdue | DeadLetters, extra: dict[str, object], *, stopping: bool
) -> None:
    match event:
        case StartError(path, error):
            logger.error("%s could not start: %s", path, error, extra=extra)
        case GaveUp(path, error):
            logger.critical("%s gave up; the last cause: %s", path, error, extra=extra)
        case StopOverdue(path, waited):
            logger.warning("%s does not end; waiting for %.0f s", path, waited, extra=extra)
        case DeadLetters(path, left):
            counts = ", ".join(f"{many} × {kind}" for kind, many in left.items())
            logger.log(
                logging.DEBUG if stopping else logging.WARNING,
                "%s has ended with messages nobody will read: %s",
                path,
                counts,
                extra=extra,
            )
