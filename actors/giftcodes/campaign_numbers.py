"""How the campaign stands, counted from its ledger."""

from collections import Counter
from collections.abc import Iterable

from actors.giftcodes.campaign_messages import CampaignNumbers, CodeOutcomes
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import CodeKey, CodeState, Outcome


def count(ledger: Ledger, *, loaded: bool, due_next: float | None) -> CampaignNumbers:
    """Count the pairs of live codes and the players who want them."""
    live = [code for code in ledger.codes.values() if code.state is CodeState.LIVE]
    outcomes: Counter[Outcome] = Counter()
    retrying = owed = 0
    for code in live:
        wanted = ledger.wanting(code)
        records = [record for fid, record in ledger.records[code.code_key].items() if fid in wanted]
        settled = [record.outcome for record in records]
        for outcome in Outcome:  # a list counts twenty thousand of them faster than a Counter does
            outcomes[outcome] += settled.count(outcome)
        retrying += [record.retries for record in records].count(True)
        owed += len(wanted) - len(records) + settled.count(Outcome.PENDING)
    return CampaignNumbers(
        loaded=loaded,
        live_codes=len(live),
        codes=len(ledger.codes),
        owed=owed,
        redeemed=outcomes[Outcome.REDEEMED],
        already=outcomes[Outcome.ALREADY],
        failed=outcomes[Outcome.FAILED],
        retrying=retrying,
        due_next=due_next,
    )


def outcomes(ledger: Ledger, key: CodeKey) -> CodeOutcomes | None:
    """How one live code stands for those who want it; None: there is no such live code."""
    code = ledger.codes.get(key)
    if code is None or code.state is not CodeState.LIVE:
        return None
    wanted = ledger.wanting(code)
    records = [record for fid, record in ledger.records[key].items() if fid in wanted]
    ends = [record.outcome for record in records]
    failed = [record for record in records if record.outcome is Outcome.FAILED]
    return CodeOutcomes(
        code=code,
        wanted=len(wanted),
        owed=len(wanted) - len(records) + ends.count(Outcome.PENDING),
        redeemed=ends.count(Outcome.REDEEMED),
        already=ends.count(Outcome.ALREADY),
        failed=_by_word(record.status for record in failed if not record.retries),
        retrying=_by_word(record.status for record in failed if record.retries),
    )


def _by_word(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])))
