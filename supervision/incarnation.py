"""One life of an actor, from its factory to its end: the task that a supervisor spawns."""

from time import perf_counter

import outcome
import trio

from supervision.actor import Actor
from supervision.cell import WAKE, Cell, Inbox, Question, current_cell
from supervision.core import End
from supervision.errors import ActorCrashed, Decline, StopActor
from supervision.events import ErrorText

BURST = 64
"""Messages handled before the actor lets others run …"""
BURST_SECONDS = 0.001
"""… or this long, whichever comes first."""


async def live(cell: Cell, supervisor: Inbox, nursery: trio.Nursery) -> None:
    """Run one incarnation of `cell`, and tell `supervisor` how it started and how it ended."""
    current_cell.set(cell)
    cell.nursery = nursery
    acknowledged = False
    end, error = End.CRASHED, None
    try:
        # The stop may have come before this task first ran: then the scope is born cancelled.
        with trio.CancelScope(deadline=cell.stop_by) as cell.scope:
            actor = _make(cell)
            await actor.started()
            acknowledged = True
            supervisor.heard_started(cell)
            await _serve(cell, actor)
            await actor.stopped()
        end = End.STOPPED if cell.stop_asked else End.NORMAL
    except StopActor:
        end = End.FINISHED
    except BaseException as fault:
        if trio.current_effective_deadline() == float("-inf") and _is_cancellation(fault):
            raise  # not this actor alone: the whole tree is being cancelled
        error = fault
    finally:
        with trio.CancelScope(shield=True):
            await _join_background(cell)
        if cell.background_error is not None:
            end, error = End.CRASHED, cell.background_error
        lost = _lose_message(cell, error)
        cell.clear_incarnation()
    if acknowledged or end is not End.CRASHED:
        supervisor.heard_ended(cell, end, error, lost)
    elif isinstance(error, Decline):
        supervisor.heard_declined(cell, str(error))
    else:
        supervisor.heard_start_failed(cell, error)


def _make(cell: Cell) -> Actor:
    actor = cell.spec.factory(*cell.args)
    if not isinstance(actor, Actor):
        raise TypeError(f"{cell.path}: its factory made a {type(actor).__name__}, not an Actor")
    actor._cell = cell  # noqa: SLF001 - the runtime binds what it runs
    cell.actor = actor
    return actor


async def _serve(cell: Cell, actor: Actor) -> None:
    receive_nowait = cell.inbox_receive.receive_nowait
    drains = cell.spec.drain
    handled, began = 0, perf_counter()
    while not cell.stopping or (drains and cell.stop_asked):
        try:
            message = receive_nowait()
        except trio.WouldBlock:
            if cell.stopping:
                return
            cell.idle = True
            message = await cell.inbox_receive.receive()
            cell.idle = False
            handled, began = 0, perf_counter()
        if message is WAKE:
            continue
        cell.working_on = message
        if type(message) is Question:
            message.settle(outcome.Value(await actor.receive(message.message)))
        else:
            await actor.receive(message)
        cell.working_on = None
        handled += 1
        if handled >= BURST or perf_counter() - began > BURST_SECONDS:
            await trio.lowlevel.checkpoint()
            handled, began = 0, perf_counter()


async def _join_background(cell: Cell) -> None:
    if cell.background:
        cell.background_over = trio.Event()
        for scope in cell.background:
            scope.cancel()
        await cell.background_over.wait()


def _lose_message(cell: Cell, error: BaseException | None) -> str | None:
    """Name the message the incarnation was working on, if any, and fail its asker."""
    lost, cell.working_on = cell.working_on, None
    if lost is None:
        return None
    if isinstance(lost, Question):
        why = f"crashed with {ErrorText.of(error)}" if error is not None else "was stopped"
        lost.fail(ActorCrashed(f"{cell.path} {why} while it worked on {type(lost.message).__name__}"))
        lost = lost.message
    return type(lost).__qualname__


def _is_cancellation(fault: BaseException) -> bool:
    if isinstance(fault, BaseExceptionGroup):
        return all(map(_is_cancellation, fault.exceptions))
    return isinstance(fault, trio.Cancelled)
