"""Filling the ledger from the store, and mending what a crash left half done."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

import trio
from attrs import evolve, frozen

from actors.giftcodes.ledger import STATUS_OF, Ledger, settle
from actors.giftcodes.model import (
    Code,
    CodeKey,
    CodeState,
    Guild,
    Outcome,
    Player,
    PlayerKey,
    Redemption,
    Registration,
    Wish,
)
from actors.ports import Change, Delete, Put, Store

IN_ONE_GO = 500
"""Pairs taken over before others have a turn: that many take a millisecond or two."""


@frozen
class StoredCode:
    """A code as it is stored, and its pairs as far as they matter: of an ended code those that are open."""

    code: Code
    records: Sequence[Redemption]


async def load_players(ledger: Ledger, store: Store, games: Collection[str] | None = None) -> set[PlayerKey]:
    """Read who there is in these games (None: in all); returns those for whom something may have changed.

    Raises `StoreUnavailable`; nothing changes then.
    """
    players = [p for p in await store.find(Player) if games is None or p.game in games]
    registrations, guilds = await store.find(Registration), await store.find(Guild)
    back = ledger.remembered(player.player_key for player in players)
    # Their history may have been erased meanwhile.
    records = {player: await store.find(Redemption, game=player.game, fid=player.fid) for player in back}
    for player, found in records.items():
        ledger.set_records_of(player, found)
    return ledger.set_players(players, registrations, guilds)


def clear_away(ledger: Ledger, wishes: Iterable[Wish]) -> list[Change]:
    """Forget wishes that are served, so that they need not be read again; no more than go at once."""
    served = (Delete(Wish, wish.key) for wish in wishes if _is_served(ledger, wish))
    return list(islice(served, IN_ONE_GO))


def _is_served(ledger: Ledger, wish: Wish) -> bool:
    """Whether the wish can never make anything owed again. That of a code not known yet may."""
    key = CodeKey(wish.game, wish.code)
    code = ledger.codes.get(key)
    if code is None or wish.activation > code.activation:
        return False
    if wish.activation < code.activation or code.state is not CodeState.LIVE:
        return True
    record = ledger.records[key].get(wish.fid)
    return record is not None and record.outcome in {Outcome.REDEEMED, Outcome.ALREADY}


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
    if code.state is CodeState.LIVE:
        return await store.find(Redemption, game=code.game, code=code.code)
    pending = Outcome.PENDING.value
    unsettled = await store.find(Redemption, game=code.game, code=code.code, outcome=pending)
    # There may be a million settled pairs of ended codes: none is read but the canary's trial, by its key.
    trial = await store.get(Redemption, code.trial_key) if code.canary else None
    return unsettled if trial is None or trial in unsettled else [*unsettled, trial]


async def take_over(ledger: Ledger, read: Iterable[StoredCode], now: float) -> list[Change]:
    """Take over what was read; others have a turn in between.

    Returns what has to be committed for the store to be whole: outcomes of pairs whose code ended in
    the moment of a crash, a code whose new life had been found out but not recorded.
    """
    changes: list[Change] = []
    for stored in read:
        if stored.code.state is CodeState.LIVE:
            await _take_live(ledger, stored)
        else:
            changes += await _take_ended(ledger, stored, now)
    return changes


async def _take_live(ledger: Ledger, stored: StoredCode) -> None:
    ledger.set_code(stored.code)
    records = sorted(stored.records, key=lambda record: record.last_at or 0.0)
    for first in range(0, len(records), IN_ONE_GO):
        for record in records[first : first + IN_ONE_GO]:
            ledger.set_record(record)
        await trio.lowlevel.checkpoint()


async def _take_ended(ledger: Ledger, stored: StoredCode, now: float) -> list[Change]:
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
        activation = success.activation
        live = evolve(code, state=CodeState.LIVE, activation=activation, ended_at=None, began_at=now)
        await _take_live(ledger, StoredCode(live, stored.records))
        return [*changes, Put(live)]
    ledger.set_code(code)
    # A canary's trial that was cut short: tomorrow there is another.
    return [*changes, *(Delete(Redemption, trial.key) for trial in trials)]
