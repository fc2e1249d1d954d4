"""What the simulator was asked: counts that let a test prove "no call too many". Plain values, no I/O."""

from collections import Counter, deque
from typing import Any

from attrs import asdict, define, field, frozen

KINDS = {"player": "login", "captcha": "captcha", "gift_code": "redeem", "gift_code_config": "probe"}


@frozen
class Request:
    """One request to a game's API, for the list of the last ones."""

    at: float
    """Seconds since the simulator's start."""
    game: str
    endpoint: str
    fid: str
    code: str
    number: int
    """Counted per game, from 1."""
    answer: str
    """The row of the answers table, `HTTP nnn`, or another fault's name."""


@define
class PlayerStats:
    """What was asked for one player."""

    calls: Counter[str] = field(factory=Counter)
    """By kind: login, captcha, redeem."""
    codes: Counter[str] = field(factory=Counter)
    """Redeem calls by code."""
    answers: Counter[str] = field(factory=Counter)
    redeemed: set[str] = field(factory=set)
    min_spacing: float | None = None
    """Seconds between the two calls that came closest."""
    last_at: float | None = None

    def arrived(self, kind: str, code: str, at: float) -> None:
        """Count one request at `at`."""
        self.calls[kind] += 1
        if code:
            self.codes[code] += 1
        if self.last_at is not None:
            spacing = at - self.last_at
            self.min_spacing = spacing if self.min_spacing is None else min(self.min_spacing, spacing)
        self.last_at = at

    def as_json(self) -> dict[str, Any]:
        """Ready for `json.dumps`."""
        return {
            **{kind: self.calls[kind] for kind in KINDS.values() if kind != "probe"},
            "codes": dict(self.codes),
            "answers": dict(self.answers),
            "redeemed": sorted(self.redeemed),
            "min_spacing": self.min_spacing,
        }


@define
class GameStats:
    """What was asked of one game."""

    requests: int = 0
    endpoints: Counter[str] = field(factory=Counter)
    answers: Counter[str] = field(factory=Counter)
    double_redemptions: int = 0
    players: dict[str, PlayerStats] = field(factory=dict)

    def player(self, fid: str) -> PlayerStats:
        """The player's counts, begun when first asked for."""
        return self.players.setdefault(fid, PlayerStats())

    def as_json(self) -> dict[str, Any]:
        """Ready for `json.dumps`."""
        spacings = [player.min_spacing for player in self.players.values() if player.min_spacing is not None]
        return {
            "requests": self.requests,
            "endpoints": dict(self.endpoints),
            "answers": dict(self.answers),
            "rate_limited": self.answers["HTTP 429"],
            "redeemed": sum(len(player.redeemed) for player in self.players.values()),
            "double_redemptions": self.double_redemptions,
            "min_spacing": min(spacings, default=None),
            "players": {fid: player.as_json() for fid, player in self.players.items()},
        }


@define
class Stats:
    """Everything asked of the simulator. `kept` bounds the list of the last requests."""

    kept: int = 1000
    games: dict[str, GameStats] = field(factory=dict, init=False)
    sources: Counter[str] = field(factory=Counter, init=False)
    """Requests to code sources, by name."""
    in_flight: int = field(default=0, init=False)
    max_in_flight: int = field(default=0, init=False)
    """Most requests to the games' APIs at once, all games together."""
    last: deque[Request] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.last = deque(maxlen=self.kept)

    def game(self, name: str) -> GameStats:
        """The game's counts, begun when first asked for."""
        return self.games.setdefault(name, GameStats())

    def arrived(self, game: str, endpoint: str, fid: str, code: str, at: float) -> int:
        """A request came in; it is in flight until `left`. Returns its number within the game."""
        counts = self.game(game)
        counts.requests += 1
        counts.endpoints[endpoint] += 1
        if fid:
            counts.player(fid).arrived(KINDS.get(endpoint, endpoint), code, at)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        return counts.requests

    def answered(self, request: Request) -> None:
        """It is decided what the request gets."""
        counts = self.game(request.game)
        counts.answers[request.answer] += 1
        if request.fid:
            counts.player(request.fid).answers[request.answer] += 1
        self.last.append(request)

    def left(self) -> None:
        """A request's answer is out, or its connection gone."""
        self.in_flight -= 1

    def granted(self, game: str, fid: str, code: str) -> None:
        """A player redeemed a code. Counted here on its own, so that the game's memory is checked too."""
        redeemed = self.game(game).player(fid).redeemed
        if code in redeemed:
            self.game(game).double_redemptions += 1
        redeemed.add(code)

    def as_json(self) -> dict[str, Any]:
        """Ready for `json.dumps`: totals of all games first."""
        games = {name: counts.as_json() for name, counts in self.games.items()}
        totals = {
            name: sum(game[name] for game in games.values())
            for name in ("requests", "rate_limited", "redeemed", "double_redemptions")
        }
        return {
            **totals,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "games": games,
            "sources": dict(self.sources),
            "last": [asdict(request) for request in self.last],
        }
