"""What can go wrong between a command and the daemon. Each text says what to do."""


class ControlError(Exception):
    """The control socket can't be used."""


class NotRunning(ControlError):  # noqa: N818 - a condition, not a fault
    """No daemon listens at the control socket."""


class AlreadyRunning(ControlError):  # noqa: N818 - a condition, not a fault
    """Another daemon listens at the control socket."""
