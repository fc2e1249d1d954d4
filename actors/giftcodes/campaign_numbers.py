"""How the campaign stands, counted from its ledger."""

from collections import Counter

from actors.giftcodes.campaign_messages import CampaignNumbers
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import CodeState, Outcome


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
