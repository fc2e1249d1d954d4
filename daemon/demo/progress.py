"""How far the demo is: counted from the records in the store, the same that survive a restart."""

from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from actors.giftcodes.model import Code, CodeKey, Outcome, Player, Redemption
from actors.ports import Store


@frozen
class CodeProgress:
    """One code's pairs, by outcome."""

    code: Code
    players: int
    redeemed: int = 0
    already: int = 0
    failed: int = 0
    waiting: int = 0
    """Tried at least once, and to be tried again."""

    @property
    def settled(self) -> int:
        """Pairs with an outcome."""
        return self.redeemed + self.already + self.failed


@frozen
class Progress:
    """All codes' progress, and what failed."""

    codes: tuple[CodeProgress, ...] = ()
    failures: Mapping[str, tuple[str, ...]] = field(factory=dict)
    """Status word → the names of the players whose pair failed with it."""
    expected: int = 0
    """Player-code pairs there will be in all, codes that are not found yet included."""

    @property
    def settled(self) -> int:
        """Pairs with an outcome."""
        return sum(code.settled for code in self.codes)

    @property
    def done(self) -> bool:
        """Every pair has an outcome; `failed` is one."""
        return self.expected > 0 and self.settled >= self.expected


async def read_progress(store: Store, expected: Iterable[CodeKey]) -> Progress:
    """Count. `expected` are the codes the demo's world lists, sooner or later. Raises `StoreUnavailable`."""
    players = await store.find(Player)
    codes = sorted(await store.find(Code), key=lambda code: (code.first_seen, code.code))
    records = await store.find(Redemption)
    names = {player.player_key: player.label for player in players}
    per_game = Counter(player.game for player in players)
    failures: dict[str, list[str]] = {}
    for record in records:
        if record.outcome is Outcome.FAILED and record.attempts:
            failures.setdefault(record.status, []).append(names.get(record.player_key, record.fid))
    return Progress(
        codes=tuple(_of_code(code, per_game[code.game], records) for code in codes),
        failures={status: tuple(who) for status, who in sorted(failures.items())},
        expected=sum(per_game[key.game] for key in expected),
    )


def _of_code(code: Code, players: int, records: Iterable[Redemption]) -> CodeProgress:
    mine = [r for r in records if r.code_key == code.code_key and r.activation == code.activation]
    outcomes = Counter(record.outcome for record in mine)
    waiting = sum(record.outcome is Outcome.PENDING for record in mine)
    return CodeProgress(
        code,
        players,
        redeemed=outcomes[Outcome.REDEEMED],
        already=outcomes[Outcome.ALREADY],
        failed=outcomes[Outcome.FAILED],
        waiting=waiting,
    )
