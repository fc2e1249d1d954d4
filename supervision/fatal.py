"""Which errors are meant for the whole tree."""

from supervision.errors import StopTree


def is_fatal(error: BaseException | None) -> bool:
    """Whether an error is meant for the whole tree, not for one supervisor."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(is_fatal, error.exceptions))
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | StopTree)
