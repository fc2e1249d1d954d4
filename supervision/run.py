"""Running a tree as a process does: until a signal says otherwise."""

import logging
import signal
from collections.abc import Callable

import trio

from supervision.fatal import is_fatal
from supervision.tree import Tree
from supervision.validation import check_hook, wrong

_log = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def run_until_signal(tree: Tree, *, on_signal: Callable[[int], None] | None = None) -> None:
    """Run `tree`; the first SIGTERM or SIGINT stops it in order, the second cancels it at once.

    Then `on_signal` hears its number; what it raises is logged and does no harm.

    Raises what `Tree.run` raises.
    """
    if not isinstance(tree, Tree):
        raise wrong("run_until_signal", "tree", tree, "a Tree")
    check_hook("run_until_signal", "on_signal", on_signal)
    failure: BaseException | None = None
    with trio.CancelScope() as everything:
        async with trio.open_nursery() as nursery:
            await nursery.start(_heed_signals, tree, everything, on_signal)
            try:
                await tree.run()
            except (trio.Cancelled, BaseExceptionGroup):
                raise
            except BaseException as error:  # noqa: BLE001 - raised below
                failure = error  # … outside the nursery, which would wrap it in a group
            nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _heed_signals(
    tree: Tree,
    everything: trio.CancelScope,
    on_signal: Callable[[int], None] | None,
    task_status: "trio.TaskStatus[None]",
) -> None:
    # While this is open SIGINT does not become KeyboardInterrupt.
    with trio.open_signal_receiver(*_SIGNALS) as signals:
        task_status.started()
        heard = 0
        async for number in signals:
            heard += 1
            if heard == 1:
                tree.stop()
            else:
                tree.cancel()
                everything.cancel()
            if on_signal is not None:
                _tell(tree, on_signal, number)


def _tell(tree: Tree, on_signal: Callable[[int], None], number: int) -> None:
    try:
        on_signal(number)
    except BaseException as error:  # noqa: BLE001 - whoever stops hearing signals dies of the next
        if is_fatal(error):
            tree.end_tree(error)
        else:
            _log.exception("on_signal raised on %s", signal.Signals(number).name)
