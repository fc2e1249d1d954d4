"""What an error asks for: the end of the tree, of the actor, or nothing but a restart.

Errors arrive bare or in groups, as a nursery inside a handler wraps them. Here, and nowhere else, they
are unwrapped.
"""

from typing import TypeGuard, cast

import trio

from supervision.errors import StopTree


def members(error: BaseException | None) -> tuple[BaseException, ...] | None:
    """What is in a group; None of an error that is no group."""
    if not isinstance(error, BaseExceptionGroup):
        return None
    return cast("BaseExceptionGroup[BaseException]", error).exceptions


def is_fatal(error: BaseException | None) -> TypeGuard[BaseException]:
    """Whether an error is meant for the whole tree, not for one supervisor.

    That is `StopTree`, and whatever is no `Exception`: `KeyboardInterrupt`, `SystemExit`, a panic in a
    library. A Cancelled that gets here leaked out of a scope: a crash like any other.
    """
    group = members(error)
    if group is not None:
        return any(map(is_fatal, group))
    return error is not None and (
        isinstance(error, StopTree) or not isinstance(error, Exception | trio.Cancelled)
    )


def is_only(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether an error is of this kind, or a group of nothing else."""
    group = members(error)
    if group is not None:
        return all(is_only(inner, kind) for inner in group)
    return isinstance(error, kind)


def innermost(error: BaseException) -> BaseException:
    """The error itself, or what counts in a group: the first fatal one, else the first."""
    group = members(error)
    return error if group is None else innermost(next(filter(is_fatal, group), group[0]))


def cancelled_from_above(error: BaseException) -> bool:
    """Whether the whole tree is being cancelled, as seen from outside an actor's own cancel scope.

    A Cancelled that leaked out of some other scope looks the same, but then nothing around us is
    cancelled: that is a crash.
    """
    return is_only(error, trio.Cancelled) and trio.current_effective_deadline() == float("-inf")
