"""What an error asks for: the end of the tree, of the actor, or nothing but a restart.

Errors arrive bare or in groups, as a nursery inside a handler wraps them. Here, and nowhere else, they
are unwrapped.
"""

from typing import TypeGuard

import trio

from supervision.errors import StopTree


def is_fatal(error: BaseException | None) -> TypeGuard[BaseException]:
    """Whether an error is meant for the whole tree, not for one supervisor."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(is_fatal, error.exceptions))
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | StopTree)


def is_only(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether an error is of this kind, or a group of nothing else."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_only(inner, kind) for inner in error.exceptions)
    return isinstance(error, kind)


def innermost(error: BaseException) -> BaseException:
    """The error itself, or what counts in a group: the first fatal one, else the first."""
    while isinstance(error, BaseExceptionGroup):
        error = next(filter(is_fatal, error.exceptions), error.exceptions[0])
    return error


def cancelled_from_above(error: BaseException) -> bool:
    """Whether the whole tree is being cancelled, as seen from outside an actor's own cancel scope.

    A Cancelled that leaked out of some other scope looks the same, but then nothing around us is
    cancelled: that is a crash.
    """
    return is_only(error, trio.Cancelled) and trio.current_effective_deadline() == float("-inf")
