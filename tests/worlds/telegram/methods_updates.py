"""The state of an account, and what it missed."""

from telethon.tl import functions, types  # type: ignore[import-untyped]
from telethon.tl.tlobject import TLObject  # type: ignore[import-untyped]

from tests.worlds.telegram.calls import TRUE, Call, method
from tests.worlds.telegram.failures import RefusalError
from tests.worlds.telegram.updates import difference, state_of, together


@method(functions.updates.GetStateRequest)
def get_state(call: Call) -> types.updates.State:
    return state_of(call.account)


@method(functions.updates.GetDifferenceRequest)
def get_difference(call: Call) -> TLObject:
    account, most = call.account, call.centre.difference_most
    if most is not None and sum(1 for happened in account.log if happened.pts > call.request.pts) > most:
        return types.updates.DifferenceTooLong(account.pts)
    return difference(account, call.request.pts, call.centre.difference_step)


@method(functions.messages.SetTypingRequest)
def set_typing(call: Call) -> bytes:
    call.person(call.request.peer)
    return TRUE


@method(functions.messages.ReadHistoryRequest)
def read_history(call: Call) -> types.messages.AffectedMessages:
    call.person(call.request.peer)
    return types.messages.AffectedMessages(call.account.pts, 0)


@method(functions.messages.SendReactionRequest)
def send_reaction(call: Call) -> types.Updates:
    message = call.account.messages.get(call.request.msg_id)
    if message is None or not message.here or message.peer is not call.person(call.request.peer):
        raise RefusalError("MESSAGE_ID_INVALID")
    message.reactions = [reaction.emoticon for reaction in call.request.reaction or []]
    return together([], call.account, [message.peer])
