"""How the campaign stands, counted from its ledger."""

from collections import Counter

from actors.giftcodes.campaign_messages import CampaignNumbers
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import CodeState, Outcome


def count(ledger: Ledger, *, loaded: bool, due_next: float | None) -> CampaignNumbers:
    """Count the pairs of live codes and the players who want them."""
    live = [code for code in ledger.codes.values() if code.state is CodeState.LIVE]
    wanting: dict[str, set[str]] = {code.game: set() for code in live}
    for player in ledger.players.values():
        if player.auto_redeem and player.game in wanting:
            wanting[player.game].add(player.fid)
    outcomes: Counter[Outcome] = Counter()
    retrying = owed = 0
    for code in live:
        wanted = wanting[code.game]
        records = [record for fid, record in ledger.records[code.code_key].items() if fid in wanted]
        settled = Counter(record.outcome for record in records)
        outcomes += settled
        retrying += sum(record.retries for record in records)
        owed += len(wanted) - len(records) + settled[Outcome.PENDING]
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
