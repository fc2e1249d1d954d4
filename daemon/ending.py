"""How a process ends: the exit code, and one line that says why."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import trio

from daemon.plugins import PluginError
from daemon.secrets import SecretError
from supervision import StartFailed, TreeFailed

logger = logging.getLogger("perkd")

FAILED = 1
BAD_CONFIGURATION = 2


def exit_code_of(main: Callable[..., Awaitable[object]], *args: Any) -> int:
    """Run `main` on trio to its end.

    Returns:
        0 where it ended well, or was interrupted before it listened to signals; 2 where a secret or a plug-in
        that the configuration names can't be had; 1 where the tree could not start, or gave up,
        or nobody reads the output any more. Any other error is raised: it is a fault of the program.
    """
    try:
        trio.run(main, *args)
    except BaseException as error:  # noqa: BLE001 - nurseries wrap; what is not expected is raised again
        return _exit_code(innermost(error))
    return 0


def _exit_code(error: BaseException) -> int:
    match error:
        case KeyboardInterrupt():
            logger.info("Interrupted before anything had begun, or after everything had ended")
            return 0
        case SystemExit() | BrokenPipeError():
            return FAILED
        case SecretError() | PluginError():
            logger.critical("%s", error)
            return BAD_CONFIGURATION
        case StartFailed() | TreeFailed():
            logger.critical("%s", error)
            return FAILED
        case _:
            raise error


def innermost(error: BaseException) -> BaseException:
    """What nurseries wrapped; the group itself where there is more than one in it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
