"""What the operator's operations refuse. Each text names the thing, the value, and the way out."""


class Refused(Exception):  # noqa: N818 - an answer to the operator, not a fault of perkd
    """A value that can't be taken; nothing was changed."""


class NotFound(Refused):
    """There is nothing of that name to work on; nothing was changed."""


class BadFile(Refused):
    """A file that can't be read at all; nothing was changed."""
