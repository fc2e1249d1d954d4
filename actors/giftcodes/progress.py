"""How far a code is for the players that one guild's members registered. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import Code, CodeKey, CodeState, Outcome, Redemption
from actors.ports import Progress


def of_live(ledger: Ledger, key: CodeKey, guild: str) -> Progress | None:
    """The progress of a live code; None: the ledger has no such live code."""
    code = ledger.codes.get(key)
    if code is None or code.state is not CodeState.LIVE:
        return None
    wanting, records = ledger.wanting(code), ledger.records[key]
    held = ledger.wants.held(code) if ledger.wants.is_paused(guild) else ()
    fids = ledger.members.fids(guild, key.game)
    waiting = retrying = 0
    settled = []
    for fid in fids:
        record = records.get(fid)
        if record is None or record.outcome is Outcome.PENDING:
            waiting += fid in wanting or fid in held
        elif record.outcome is Outcome.FAILED and (
            _is_owed(ledger, code, record) or (record.retries and fid in held)
        ):
            retrying += record.retries
            waiting += not record.retries
        else:
            settled.append(record)
    summed_up = _summed_up(settled, waiting, retrying)
    return summed_up if summed_up.total else Progress(on_request=bool(fids))


def last_known(records: Iterable[Redemption], activation: int) -> Mapping[str, Redemption]:
    """How each player stood (by fid) in one activation, for `of_ended`.

    There may be ten thousand, of few kinds: of each kind one record stands for all, whosever it is.
    """
    kinds: dict[tuple[Outcome, str], Redemption] = {}
    return {
        record.fid: kinds.setdefault((record.outcome, record.status), record)
        for record in records
        if record.activation == activation
    }


def of_ended(records: Mapping[str, Redemption], fids: Iterable[str]) -> Progress:
    """The progress of a code that has ended, for these players; `records` as `last_known` makes them."""
    mine = [record for fid in fids if (record := records.get(fid)) is not None]
    settled = [record for record in mine if record.outcome is not Outcome.PENDING]
    return _summed_up(settled, len(mine) - len(settled), 0)


def _is_owed(ledger: Ledger, code: Code, record: Redemption) -> bool:
    player = ledger.players.get(record.player_key)
    return player is not None and ledger.pair(player, code) is not None


def _summed_up(settled: Collection[Redemption], waiting: int, retrying: int) -> Progress:
    outcomes = Counter(record.outcome.value for record in settled)
    failed = Counter(record.status for record in settled if record.outcome is Outcome.FAILED)
    return Progress(
        total=len(settled) + waiting + retrying,
        redeemed=outcomes[Outcome.REDEEMED.value],
        already=outcomes[Outcome.ALREADY.value],
        waiting=waiting,
        retrying=retrying,
        failed=tuple(sorted(failed.items(), key=lambda item: (-item[1], item[0]))),
    )
