"""How far the demo is: counted from the records in the store, the same that survive a restart."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from attrs import frozen

from actors.giftcodes.model import Code, CodeKey, Outcome, Player, PlayerKey, Redemption
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
class Failure:
    """One code's pairs that failed with the same word: who was asked, and how many were not."""

    code: str
    status: str
    names: tuple[str, ...] = ()
    untried: int = 0
    """Pairs that were settled without a call, since the code had ended."""


@frozen
class Progress:
    """All codes' progress, and what failed."""

    codes: tuple[CodeProgress, ...] = ()
    failures: tuple[Failure, ...] = ()
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
    per_game = Counter(player.game for player in players)
    failed = [record for record in records if record.outcome is Outcome.FAILED]
    return Progress(
        codes=tuple(_of_code(code, per_game[code.game], records) for code in codes),
        failures=_failures(failed, {player.player_key: player.label for player in players}),
        expected=sum(per_game[key.game] for key in expected),
    )


def _failures(failed: Iterable[Redemption], names: Mapping[PlayerKey, str]) -> tuple[Failure, ...]:
    groups: dict[tuple[str, str], list[Redemption]] = defaultdict(list)
    for record in failed:
        groups[record.code, record.status].append(record)
    return tuple(
        Failure(
            code,
            status,
            tuple(names.get(record.player_key, record.fid) for record in records if record.attempts),
            sum(not record.attempts for record in records),
        )
        for (code, status), records in sorted(groups.items())
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
