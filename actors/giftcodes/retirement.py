"""Retiring a code is an operator's word: what the campaign writes about the code gives way to it."""

from collections.abc import Sequence

from actors.giftcodes.model import Code, CodeState
from actors.ports import Change, Put, Store


async def unless_retired(store: Store, changes: Sequence[Change]) -> list[Change]:
    """`changes` without the codes that were retired since the campaign read them.

    A retired code that is to begin a new activation was put to the test by an operator, and passes. Raises
    `StoreUnavailable`.
    """
    kept = []
    for change in changes:
        match change:
            case Put(Code() as code) if await _was_retired(store, code):
                pass
            case _:
                kept.append(change)
    return kept


async def _was_retired(store: Store, code: Code) -> bool:
    if code.state is CodeState.RETIRED:
        return False
    stored = await store.get(Code, code.key)
    return stored is not None and stored.state is CodeState.RETIRED and stored.activation >= code.activation
