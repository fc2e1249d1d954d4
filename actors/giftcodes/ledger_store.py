"""Filling the ledger from the store, and mending what a crash left half done."""

from collections.abc import Sequence

from attrs import evolve

from actors.giftcodes.ledger import STATUS_OF, Ledger, settle
from actors.giftcodes.model import (
    Code,
    CodeState,
    Guild,
    Outcome,
    Player,
    Redemption,
    Registration,
)
from actors.ports import Change, Delete, Put, Store


async def load_players(ledger: Ledger, store: Store) -> None:
    """Read who there is. Raises `StoreUnavailable`."""
    players = await store.find(Player)
    ledger.set_players(players, await store.find(Registration), await store.find(Guild))


async def load_codes(ledger: Ledger, store: Store, now: float) -> Sequence[Change]:
    """Read the codes, and of live ones how far their pairs got.

    Returns what has to be committed for the store to be whole: outcomes of pairs whose code ended in
    the moment of a crash, codes whose end or new life had been found out but not recorded. Raises
    `StoreUnavailable`; then it is to be called again.
    """
    changes: list[Change] = []
    for code in await store.find(Code):
        known = ledger.codes.get(code.code_key)
        if known is not None and (known.state, known.activation) == (code.state, code.activation):
            continue
        if code.state is CodeState.LIVE:
            changes += await _load_live(ledger, store, code, now)
        else:
            changes += await _load_ended(ledger, store, code, now)
    return changes


async def _load_live(ledger: Ledger, store: Store, code: Code, now: float) -> list[Change]:
    ledger.set_code(code)
    records = await store.find(Redemption, game=code.game, code=code.code)
    for record in sorted(records, key=lambda record: record.last_at or 0.0):
        ledger.set_record(record)
    state = ledger.ending(code.code_key)
    if state is None:
        return []
    ended = evolve(code, state=state, ended_at=now)
    settled = ledger.ended(code, STATUS_OF[state], now)
    ledger.set_code(ended)
    return [Put(ended), *map(Put, settled)]


async def _load_ended(ledger: Ledger, store: Store, code: Code, now: float) -> list[Change]:
    changes: list[Change] = []
    for record in await _unfinished(store, code):
        if record.activation <= code.activation:
            changes.append(Put(settle(record, STATUS_OF[code.state], now)))
        elif record.outcome is Outcome.REDEEMED:
            live = evolve(code, state=CodeState.LIVE, activation=record.activation, ended_at=None)
            return [*changes, Put(live), *await _load_live(ledger, store, live, now)]
        else:
            changes.append(Delete(Redemption, record.key))  # a canary's trial: tomorrow there is another
    ledger.set_code(code)
    return changes


async def _unfinished(store: Store, code: Code) -> list[Redemption]:
    """Of an ended code: pairs without an outcome, and a canary's trial."""
    if code.canary_at is None:
        pending = Outcome.PENDING.value
        return await store.find(Redemption, game=code.game, code=code.code, outcome=pending)
    records = await store.find(Redemption, game=code.game, code=code.code)
    return [r for r in records if r.outcome is Outcome.PENDING or r.activation > code.activation]
