"""The state of an account, and what it missed."""

from telethon.tl import functions, types  # type: ignore[import-untyped]
from telethon.tl.tlobject import TLObject  # type: ignore[import-untyped]

from tests.worlds.telegram.calls import TRUE, Call, method
from tests.worlds.telegram.updates import difference, state_of


@method(functions.updates.GetStateRequest)
def get_state(call: Call) -> types.updates.State:
    return state_of(call.account)


@method(functions.updates.GetDifferenceRequest)
def get_difference(call: Call) -> TLObject:
    return difference(call.account, call.request.pts, call.centre.difference_step)


@method(functions.messages.SetTypingRequest)
def set_typing(call: Call) -> bytes:
    call.person(call.request.peer)
    return TRUE


@method(functions.messages.ReadHistoryRequest)
def read_history(call: Call) -> types.messages.AffectedMessages:
    call.person(call.request.peer)
    return types.messages.AffectedMessages(call.account.pts, 0)
