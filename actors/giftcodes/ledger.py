"""What is owed: live codes × players who want them − recorded final outcomes. Pure; time is an argument."""

from collections.abc import Collection, Iterable, Iterator

from attrs import define, field, frozen

from actors.giftcodes.endings import ENDING, STATUS_OF, settle
from actors.giftcodes.members import Members, by_guild
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
    Status,
    Wish,
)
from actors.giftcodes.wants import Wants

__all__ = ["ENDING", "STATUS_OF", "Ledger", "Pair", "settle"]

Rank = tuple[float, ...]

TOLERANCE = 0.001
"""Seconds: wall-clock floats are coarse, and a timer may come up just before its time."""

_CANARY_RANK = (float("inf"), 0.0)


@frozen
class Pair:
    """A player-code pair that is owed, from `due_at` on; a lower rank goes first."""

    due_at: float
    rank: Rank
    record: Redemption


@define
class Ledger:
    """What the campaign knows, mirrored from the store."""

    players: dict[PlayerKey, Player] = field(factory=dict)
    codes: dict[CodeKey, Code] = field(factory=dict)
    records: dict[CodeKey, dict[str, Redemption]] = field(factory=dict)
    """Of live codes: fid → the record of the present activation."""
    wants: Wants = field(factory=Wants)
    members: Members = field(factory=Members)
    claims: dict[PlayerKey, Redemption] = field(factory=dict)
    """What redeemers are working on."""
    adopted: set[PlayerKey] = field(factory=set)
    """Players whose redeemer may be at work on something an earlier life gave out, until it is heard of."""
    left_open: dict[PlayerKey, dict[str, Redemption]] = field(factory=dict)
    """Pairs of codes that were retired while a redeemer may have been at work on them, by record key."""
    confirmers: dict[CodeKey, PlayerKey] = field(factory=dict)
    """Who is asked whether a code has really ended, after the first verdict."""
    canaries: dict[CodeKey, Redemption] = field(factory=dict)
    """Who tries an ended code again, and how far that got."""
    _verdicts: dict[CodeKey, dict[str, str]] = field(factory=dict)
    _live: dict[str, list[Code]] = field(factory=dict)
    """game → live codes, oldest first."""

    # --- mirroring the store --------------------------------------------------------------------

    def set_players(
        self, players: Iterable[Player], registrations: Iterable[Registration], guilds: Iterable[Guild]
    ) -> set[PlayerKey]:
        """Take over who there is, and how urgent: the highest priority of the guilds that registered them.

        Returns those for whom that may have changed what is owed, or when.
        """
        before, self.players = self.players, {player.player_key: player for player in players}
        registered = by_guild(registrations)
        changed = self.wants.set_registered(self.players.values(), registered, guilds)
        changed.update(key for key, player in self.players.items() if before.get(key) != player)
        changed.update(before.keys() - self.players.keys())
        self.members.set_registered(registered, self.wants.unasked, self.wants.held_unasked)
        unasked = self.wants.gets_unasked
        self.canaries = {key: trial for key, trial in self.canaries.items() if unasked(trial.player_key)}
        return changed

    def set_code(self, code: Code) -> None:
        """Take over a code."""
        self.codes[code.code_key] = code
        if code.state is CodeState.LIVE:
            self.records.setdefault(code.code_key, {})
        else:
            self.records.pop(code.code_key, None)
            self.confirmers.pop(code.code_key, None)
            self._verdicts.pop(code.code_key, None)
        trial = self.canaries.get(code.code_key)
        if trial is not None and (_is_live(code) or trial.activation <= code.activation):
            del self.canaries[code.code_key]
        live = [other for other in self.codes.values() if other.game == code.game and _is_live(other)]
        self._live[code.game] = sorted(live, key=lambda other: (other.first_seen, other.code))

    def set_record(self, record: Redemption) -> None:
        """Take over how far a pair got. At the start: in the order of their `last_at`."""
        code = self.codes.get(record.code_key)
        if code is None or not _is_live(code) or record.activation != code.activation:
            return
        self.records[record.code_key][record.fid] = record
        if record.outcome is Outcome.REDEEMED:
            self._verdicts.pop(record.code_key, None)
            self.confirmers.pop(record.code_key, None)
        elif record.outcome is Outcome.FAILED and record.status in ENDING:
            self._verdicts.setdefault(record.code_key, {})[record.fid] = record.status

    def remembered(self, players: Iterable[PlayerKey]) -> list[PlayerKey]:
        """Those who are new, though something is known of them: they were removed, and have come back."""
        new = [player for player in players if player not in self.players]
        return [
            p for p in new if any(p.fid in self.records[code.code_key] for code in self.live_codes(p.game))
        ]

    def set_records_of(self, player: PlayerKey, records: Iterable[Redemption]) -> None:
        """Take over all that is recorded of a player, in place of what is known."""
        for code in self.live_codes(player.game):
            self.records[code.code_key].pop(player.fid, None)
        for record in records:
            self.set_record(record)

    # --- what is owed ---------------------------------------------------------------------------

    def live_codes(self, game: str) -> list[Code]:
        """The game's live codes, oldest first."""
        return self._live.get(game, [])

    def pair(self, player: Player, code: Code) -> Pair | None:
        """The pair, if it is owed; whether somebody else has to go first is not looked at."""
        wish = self.wants.wish(player, code)
        if wish is None and not self.wants.gets_unasked(player):
            return None
        record = self.records[code.code_key].get(player.fid)
        rank = (-float(self.wants.priority(player)), _urgency(record, wish), code.first_seen)
        if record is None:
            return Pair(0.0, rank, Redemption(player.game, player.fid, code.code, code.activation))
        if record.outcome is Outcome.FAILED and wish is not None and wish.at > (record.last_at or 0.0):
            return Pair(0.0, rank, record)
        if record.outcome is Outcome.PENDING or record.retries:
            return Pair(record.due_at, rank, record)
        corrected = record.status == Status.WRONG_STATE and record.state != player.state
        return Pair(0.0, rank, record) if corrected and record.outcome is Outcome.FAILED else None

    def _owed(self, player: Player) -> Iterator[Pair]:
        for code in self.live_codes(player.game):
            pair = self.pair(player, code)
            if pair is not None and not self._held(player.player_key, code):
                yield pair
        for trial in self.canaries.values():
            if trial.player_key == player.player_key and trial.outcome is Outcome.PENDING:
                yield Pair(trial.due_at, _CANARY_RANK, trial)

    def wanting(self, code: Code) -> Collection[str]:
        """The fids of the players who want a code."""
        return self.wants.of(code)

    def unasked(self) -> list[Player]:
        """The players who get every code without asking."""
        return [player for player in self.players.values() if self.wants.gets_unasked(player)]

    def is_busy(self, player: PlayerKey) -> bool:
        """Whether a redeemer may be at work for the player: its pairs are not to be written by others."""
        return player in self.claims or player in self.adopted

    def next_pair(self, player: PlayerKey, now: float) -> Pair | None:
        """What the player is to do next: of what is due the most urgent, else what is due first."""
        known = self.players.get(player)
        if known is None:
            return None
        return min(self._owed(known), key=lambda pair: (max(pair.due_at, now), pair.rank), default=None)

    def claim(self, player: PlayerKey, now: float) -> Redemption | None:
        """Give the player's most urgent due pair to its redeemer; None: there is none now."""
        pair = self.next_pair(player, now)
        if pair is None or pair.due_at > now + TOLERANCE:
            self.claims.pop(player, None)
            return None
        self.claims[player] = pair.record
        key = pair.record.code_key
        if self.verdicts(key):
            self.confirmers[key] = player
        return pair.record

    def let_go(self, player: PlayerKey, record: Redemption | None) -> list[Redemption]:
        """The player's redeemer is done with its step, which left `record` (None: nothing).

        Returns its pairs that are to be settled, since their code ended meanwhile.
        """
        self.claims.pop(player, None)
        self.adopted.discard(player)
        left = self.left_open.pop(player, {})
        if record is not None:
            left.pop(record.key, None)
            code = self.codes.get(record.code_key)
            if code is not None and record.outcome is Outcome.PENDING and _is_over(record, code):
                left[record.key] = record
        return list(left.values())

    # --- verdicts about codes -------------------------------------------------------------------

    def verdicts(self, key: CodeKey) -> dict[str, str]:
        """Who got a code-level verdict since the last success (fid → status word), oldest first.

        A success in between clears them: one wrong answer now and then must not kill a code.
        """
        return self._verdicts.get(key, {})

    def ending(self, key: CodeKey) -> CodeState | None:
        """The state the verdicts put a live code into; None: it goes on.

        Two players must have got one; where the game has one player only, one is enough.
        """
        verdicts = self.verdicts(key)
        if not verdicts:
            return None
        enough = max(1, self.wants.count(self.codes[key], up_to=2))
        return ENDING[Status(list(verdicts.values())[-1])] if len(verdicts) >= enough else None

    def is_worked_on(self, key: CodeKey) -> bool:
        """Whether a redeemer is, or may be, at work on the code: it is not ended before that is over."""
        adopted = any(player.game == key.game for player in self.adopted)
        return adopted or any(claim.code_key == key for claim in self.claims.values())

    def doubted(self) -> list[CodeKey]:
        """Live codes that one player was told have ended."""
        return list(self._verdicts)

    def appoint(self, key: CodeKey, now: float) -> PlayerKey | None:
        """Choose who confirms the verdict about a code: whoever is at work on it, else who is due first."""
        code = self.codes[key]
        confirmer = self._at_work_on(key) or self._first_due(code, now)
        if confirmer is None:
            self.confirmers.pop(key, None)
        else:
            self.confirmers[key] = confirmer
        return confirmer

    def _at_work_on(self, key: CodeKey) -> PlayerKey | None:
        told = self.verdicts(key)
        busy = (p for p, claim in self.claims.items() if claim.code_key == key and claim.fid not in told)
        return next(busy, None)

    def _first_due(self, code: Code, now: float) -> PlayerKey | None:
        first: tuple[float, Rank] | None = None
        chosen: PlayerKey | None = None
        told = self.verdicts(code.code_key)
        for key, player in self.players.items():
            if player.game == code.game and player.fid not in told:
                pair = self.pair(player, code)
                if pair is not None and (first is None or (max(pair.due_at, now), pair.rank) < first):
                    first, chosen = (max(pair.due_at, now), pair.rank), key
        return chosen

    def _held(self, player: PlayerKey, code: Code) -> bool:
        """Whether the player has to wait until somebody else has confirmed a verdict about the code."""
        key = code.code_key
        if self.ending(key) is not None:
            return True  # it ends as soon as nobody is at work on it
        confirmer = self.confirmers.get(key) if self.verdicts(key) else None
        known = None if confirmer is None or confirmer == player else self.players.get(confirmer)
        return known is not None and self.pair(known, code) is not None

    def ended(self, code: Code, status: str, now: float) -> list[Redemption]:
        """The outcomes of all pairs, owed or begun, that a code's end settles. Nobody `is_worked_on` it."""
        pairs = [self.pair(player, code) for player in self.players.values() if player.game == code.game]
        owed = {pair.record.fid: pair.record for pair in pairs if pair is not None}
        known = self.records[code.code_key].values()
        begun = {one.fid: one for one in known if _is_open(one) and one.player_key in self.players}
        return [settle(record, status, now) for record in {**begun, **owed}.values()]

    def leave_open(self, record: Redemption) -> None:
        """The pair's code has ended, and it is settled when its player's redeemer is heard of."""
        self.left_open.setdefault(record.player_key, {})[record.key] = record


def _urgency(record: Redemption | None, wish: Wish | None) -> float:
    """What was begun goes on before anything is begun: a session that was opened must not grow old.

    Then comes what somebody asked for by hand, and may be waiting for.
    """
    if record is not None and record.outcome is Outcome.PENDING and record.spent.total > 0:
        return 0.0
    return 1.0 if wish is None else 0.5


def _is_open(record: Redemption) -> bool:
    return record.outcome is Outcome.PENDING


def _is_over(record: Redemption, code: Code) -> bool:
    """Whether the activation the record belongs to has ended; a canary's is yet to begin."""
    return record.activation < code.activation or (
        record.activation == code.activation and not _is_live(code)
    )


def _is_live(code: Code) -> bool:
    return code.state is CodeState.LIVE
