"""One life of an actor, from its factory to its end: the task that a supervisor spawns."""

from contextvars import Context
from time import perf_counter

import trio

from supervision.actor import Actor
from supervision.asking import current_cell
from supervision.cell import Cell
from supervision.child import End
from supervision.error_text import ErrorText
from supervision.errors import ActorCrashed, Decline, StopActor
from supervision.fatal import cancelled_from_above, innermost, is_only
from supervision.host import Inbox
from supervision.mailbox import NOTHING
from supervision.question import Question

BURST = 64
"""Messages handled before the actor lets others run …"""
BURST_SECONDS = 0.001
"""… or this long, whichever comes first."""


def spawn(cell: Cell, supervisor: Inbox, nursery: trio.Nursery, context: Context) -> None:
    """Begin an incarnation in `context`, its supervisor's: no variable of whoever causes it leaks in."""
    context.run(lambda: nursery.start_soon(live, cell, supervisor, nursery, name=cell.path))


@trio.lowlevel.enable_ki_protection
async def live(cell: Cell, supervisor: Inbox, nursery: trio.Nursery) -> None:
    """Run one incarnation of `cell`, and tell `supervisor` how it started and how it ended."""
    current_cell.set(cell)
    cell.nursery, cell.task = nursery, trio.lowlevel.current_task()
    acknowledged = False
    end, error = End.CRASHED, None
    try:
        # The stop may have come before this task first ran: then the scope is born cancelled.
        with trio.CancelScope(deadline=cell.stop_by) as cell.scope:
            actor = await _start(cell)
            acknowledged = True
            supervisor.heard_started(cell)
            await _serve(cell, actor)
        end = End.STOPPED if cell.stop_asked else End.NORMAL
    except BaseException as fault:
        if cancelled_from_above(fault):
            raise
        error = fault
    finally:
        lost = _lose_message(cell, error if cell.background_error is None else cell.background_error)
        if cell.background:
            supervisor.heard_ending(cell)
            await _join_background(cell)
        if cell.background_error is not None:  # not by its truth: an error may well be false
            error = cell.background_error
        end, error = _verdict(end, error)
        cell.clear_incarnation()
    if acknowledged or error is None:
        supervisor.heard_ended(cell, end, error, lost)
    elif is_only(error, Decline):
        supervisor.heard_declined(cell, ErrorText.of(innermost(error), frames=0).text)
    else:
        supervisor.heard_start_failed(cell, error)
    del error  # its traceback holds this frame, and with it the actor


@trio.lowlevel.disable_ki_protection
async def _start(cell: Cell) -> Actor:
    actor: object = cell.spec.factory(*cell.args)
    if not isinstance(actor, Actor):
        raise TypeError(f"{cell.path}: its factory made a {type(actor).__name__}, not an Actor")
    if hasattr(actor, "_bound"):
        raise TypeError(f"{cell.path}: its factory made the same {type(actor).__name__} again, not a new one")
    actor._bound = cell  # noqa: SLF001 - the runtime binds what it runs
    cell.actor = actor
    await actor.started()
    return actor


@trio.lowlevel.disable_ki_protection
async def _serve(cell: Cell, actor: Actor) -> None:
    mailbox, drains = cell.mailbox, cell.spec.drain and cell.spec.grace
    take = mailbox.take_nowait
    left, until = BURST, perf_counter() + BURST_SECONDS
    while not cell.stopping or (drains and cell.stop_asked):
        message = take()
        if message is NOTHING:
            if cell.stopping:
                break
            await mailbox.sleep()
            left, until = BURST, perf_counter() + BURST_SECONDS
            continue
        cell.working_on = message
        if type(message) is Question:
            message.answer(await actor.receive(message.message))
        else:
            await actor.receive(message)
        cell.working_on = NOTHING
        left -= 1
        if not left or perf_counter() > until:
            await trio.lowlevel.checkpoint()
            left, until = BURST, perf_counter() + BURST_SECONDS
    await trio.lowlevel.checkpoint_if_cancelled()  # its grace may have run out in the last message
    await actor.stopped()


async def _join_background(cell: Cell) -> None:
    cell.background_over = trio.Event()
    for scope in cell.background or ():
        scope.cancel()
    with trio.CancelScope(shield=True):
        await cell.background_over.wait()


def _verdict(end: End, error: BaseException | None) -> tuple[End, BaseException | None]:
    if error is None:
        return end, None
    return (End.FINISHED, None) if is_only(error, StopActor) else (End.CRASHED, error)


def _lose_message(cell: Cell, error: BaseException | None) -> str | None:
    """Name the message the incarnation was working on, if any, and fail its asker."""
    lost, cell.working_on = cell.working_on, NOTHING
    if lost is NOTHING:
        return None
    if isinstance(lost, Question):
        stopped = error is None or is_only(error, StopActor)
        # The traceback goes into the crash event; here it would only cost.
        why = "was stopped" if error is None or stopped else f"crashed with {ErrorText.of(error, frames=0)}"
        lost.fail(ActorCrashed(f"{cell.path} {why} while it worked on {type(lost.message).__name__}"))
        lost = lost.message
    return type(lost).__qualname__
