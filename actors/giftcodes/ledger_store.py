"""Filling the ledger from the store, and mending what a crash left half done."""

from collections.abc import Collection, Iterable

from attrs import evolve, frozen

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


@frozen
class StoredCode:
    """A code as it is stored, and its pairs as far as they matter."""

    code: Code
    records: list[Redemption]


async def load_players(ledger: Ledger, store: Store, games: Collection[str] | None = None) -> None:
    """Read who there is in these games (None: in all). Raises `StoreUnavailable`; nothing changes then."""
    players = [p for p in await store.find(Player) if games is None or p.game in games]
    ledger.set_players(players, await store.find(Registration), await store.find(Guild))


async def read_codes(ledger: Ledger, store: Store) -> list[StoredCode]:
    """Read the codes that are not as the ledger knows them, and how far their pairs got.

    Raises `StoreUnavailable`. The ledger stays as it is until `take_over`.
    """
    read = []
    for code in await store.find(Code):
        known = ledger.codes.get(code.code_key)
        if known is None or (known.state, known.activation) != (code.state, code.activation):
            read.append(StoredCode(code, await _records(store, code)))
    return read


async def _records(store: Store, code: Code) -> list[Redemption]:
    if code.state is CodeState.LIVE or code.canary_at is not None:
        return await store.find(Redemption, game=code.game, code=code.code)
    pending = Outcome.PENDING.value
    return await store.find(Redemption, game=code.game, code=code.code, outcome=pending)


def take_over(ledger: Ledger, read: Iterable[StoredCode], now: float) -> list[Change]:
    """Take over what was read.

    Returns what has to be committed for the store to be whole: outcomes of pairs whose code ended in
    the moment of a crash, a code whose new life had been found out but not recorded.
    """
    changes: list[Change] = []
    for stored in read:
        if stored.code.state is CodeState.LIVE:
            _take_live(ledger, stored)
        else:
            changes += _take_ended(ledger, stored, now)
    return changes


def _take_live(ledger: Ledger, stored: StoredCode) -> None:
    ledger.set_code(stored.code)
    for record in sorted(stored.records, key=lambda record: record.last_at or 0.0):
        ledger.set_record(record)


def _take_ended(ledger: Ledger, stored: StoredCode, now: float) -> list[Change]:
    code = stored.code
    changes: list[Change] = []
    for record in stored.records:
        if record.outcome is Outcome.PENDING and record.activation <= code.activation:
            if ledger.is_busy(record.player_key):
                ledger.leave_open(record)
            else:
                changes.append(Put(settle(record, STATUS_OF[code.state], now)))
    trials = [record for record in stored.records if record.activation > code.activation]
    success = next((trial for trial in trials if trial.outcome is Outcome.REDEEMED), None)
    if success is not None:
        live = evolve(code, state=CodeState.LIVE, activation=success.activation, ended_at=None)
        _take_live(ledger, StoredCode(live, stored.records))
        return [*changes, Put(live)]
    ledger.set_code(code)
    # A canary's trial that was cut short: tomorrow there is another.
    return [*changes, *(Delete(Redemption, trial.key) for trial in trials)]
