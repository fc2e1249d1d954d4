"""What the page asks for beside the status: codes, players, the audit log; in pages, and cheaply.

/api/session     who asks: may it order something?
/api/progress    codes with how far they are
/api/outcomes    how it ended for one code that lives no more
/api/search      players that are looked for
/api/audit       what was ordered
"""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import trio
from attrs import define, field
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from actors.giftcodes.campaign_messages import CodeOutcomes, ListCodes, OutcomesOf
from actors.giftcodes.model import Audit, Code, CodeKey, CodeState, Outcome, Player, Redemption
from actors.ports import StoreUnavailable
from daemon import service as operations
from daemon.control.app import answering
from daemon.control.body import read_query
from daemon.service import NotFound, Refused, Service
from daemon.service.audit import list_audit
from daemon.service.documents import code_document, iso, player_document
from daemon.web.guard import Guard, headers_of
from supervision import SupervisionError

Document = dict[str, Any]
Ask = Callable[[object], Awaitable[Any]]

MOST = 100
"""Rows of one page, at most."""
PLAYERS_FOR = 5.0
"""Seconds that the list of players is kept: whoever types a name must not have it read with each letter."""
COUNTED_FOR = 0.9
"""Seconds that the count of a code is kept, for all who watch."""
ENDED_KEPT = 200
"""Ended codes whose outcomes are kept: they do not change."""
_DIGITS = 9


class AsciiJSON(JSONResponse):
    """JSON in ASCII: a name from the web may hold half a surrogate pair, which UTF-8 can't."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


@define(eq=False)
class PageData:
    """The endpoints; one for a server."""

    service: Service
    ask_campaign: Ask
    guard: Guard
    _players: Sequence[Player] = field(default=(), init=False)
    _players_until: float = field(default=float("-inf"), init=False)
    _reading: trio.Lock = field(factory=trio.Lock, init=False)
    _counted: dict[CodeKey, tuple[float, CodeOutcomes | None]] = field(factory=dict, init=False)
    _ended: dict[tuple[CodeKey, int], Document] = field(factory=dict, init=False)

    async def session(self, request: Request) -> AsciiJSON:
        """`GET /api/session`: whether actions are open to whoever asks, and why not."""
        read_query(request)
        return AsciiJSON(
            {
                "may_act": self.guard.knows(headers_of(request.scope["headers"])),
                "token_set": self.guard.token is not None,
                "token_env": self.guard.token_env,
                "games": sorted(self.service.games()),
            }
        )

    # --- codes ----------------------------------------------------------------------------------

    async def progress(self, request: Request) -> AsciiJSON:
        """`GET /api/progress?words=&state=live|ended&offset=&limit=`: live codes first, then the newest."""
        query = read_query(request, "words", "state", "offset", "limit")
        wanted = _which(query.get("state", ""))
        words = query.get("words", "").casefold()
        codes = [
            code
            for code in await self._ask(ListCodes()) or ()
            if wanted(code) and words in f"{code.game}/{code.code}".casefold()
        ]
        codes.sort(key=lambda code: (code.state is not CodeState.LIVE, -code.first_seen, code.key))
        start, most = _slice(query, 20)
        rows = [await self._row(code) for code in codes[start : start + most]]
        return AsciiJSON({"total": len(codes), "offset": start, "codes": rows})

    async def _row(self, code: Code) -> Document:
        document = code_document(code)
        if code.state is not CodeState.LIVE:
            return {**document, "ended": iso(code.ended_at), "outcomes": None}
        counted = await self._count(code.code_key)
        return {**document, "outcomes": None if counted is None else outcomes_document(counted)}

    async def _count(self, key: CodeKey) -> CodeOutcomes | None:
        """One code an ask: the campaign has other messages between two of them."""
        now = trio.current_time()
        at, counted = self._counted.get(key, (float("-inf"), None))
        if now - at > COUNTED_FOR:
            counted = await self._ask(OutcomesOf(key))
            if len(self._counted) > ENDED_KEPT:
                self._counted.clear()
            self._counted[key] = (now, counted)
        return counted

    async def outcomes(self, request: Request) -> AsciiJSON:
        """`GET /api/outcomes?game=&code=`: of an ended code, counted once from what is recorded."""
        query = read_query(request, "game", "code")
        key = CodeKey(query.get("game", ""), query.get("code", ""))
        code = await self.service.store.get(Code, str(key))
        if code is None:
            raise NotFound(f"code {key.code[:40]!r} of {key.game[:40]!r}: no such code")
        if code.state is CodeState.LIVE:
            raise Refused(f"code {key.code} is live: /api/progress tells how it stands")
        known = self._ended.get((key, code.activation))
        if known is None:
            records = await self.service.store.find(Redemption, game=key.game, code=key.code)
            known = _ended_document([one for one in records if one.activation == code.activation])
            if len(self._ended) >= ENDED_KEPT:
                self._ended.clear()
            self._ended[(key, code.activation)] = known
        return AsciiJSON(known)

    async def _ask(self, question: object) -> Any:
        try:
            return await self.ask_campaign(question)
        except SupervisionError as error:
            raise StoreUnavailable(f"the campaign does not answer: {error}") from error

    # --- players, and what was ordered ----------------------------------------------------------

    async def search(self, request: Request) -> AsciiJSON:
        """`GET /api/search?words=&game=&offset=&limit=`: by part of the name or fid, or by state number."""
        query = read_query(request, "words", "game", "offset", "limit")
        words, game = query.get("words", "").strip().casefold(), query.get("game", "")
        found = [
            one for one in await self._all_players() if (not game or one.game == game) and _fits(one, words)
        ]
        start, most = _slice(query, 20)
        rows = [player_document(player) for player in found[start : start + most]]
        return AsciiJSON({"total": len(found), "offset": start, "players": rows})

    async def _all_players(self) -> Sequence[Player]:
        async with self._reading:
            if trio.current_time() >= self._players_until:
                self._players = await operations.list_players(self.service)
                self._players_until = trio.current_time() + PLAYERS_FOR
            return self._players

    async def audit(self, request: Request) -> AsciiJSON:
        """`GET /api/audit?limit=`: what was ordered anywhere, the newest first."""
        _, most = _slice(read_query(request, "limit"), 20)
        entries = await list_audit(self.service, None, most)
        return AsciiJSON([_audit_document(one) for one in entries])

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            Route("/api/session", answering(self.session)),
            Route("/api/progress", answering(self.progress)),
            Route("/api/outcomes", answering(self.outcomes)),
            Route("/api/search", answering(self.search)),
            Route("/api/audit", answering(self.audit)),
        ]


def outcomes_document(counted: CodeOutcomes) -> Document:
    """How a live code stands."""
    return {
        "wanted": counted.wanted,
        "owed": counted.owed,
        "redeemed": counted.redeemed,
        "already": counted.already,
        "failed": dict(counted.failed),
        "retrying": dict(counted.retrying),
    }


def _ended_document(records: Sequence[Redemption]) -> Document:
    ends = Counter(record.outcome for record in records)
    failed = Counter(record.status for record in records if record.outcome is Outcome.FAILED)
    return {
        "wanted": len(records),
        "owed": ends[Outcome.PENDING],
        "redeemed": ends[Outcome.REDEEMED],
        "already": ends[Outcome.ALREADY],
        "failed": dict(failed.most_common()),
        "retrying": {},
    }


def _audit_document(one: Audit) -> dict[str, object]:
    return {
        "at": iso(one.at),
        "guild": one.guild,
        "member": one.member,
        "action": one.action,
        "details": one.details,
    }


def _fits(player: Player, words: str) -> bool:
    return not words or words in player.name.casefold() or words in player.fid or words == player.state


def _which(state: str) -> Callable[[Code], bool]:
    match state:
        case "":
            return lambda _: True
        case "live":
            return lambda code: code.state is CodeState.LIVE
        case "ended":
            return lambda code: code.state is not CodeState.LIVE
        case _:
            raise Refused(f"state = {state[:40]!r}: must be live or ended")


def _slice(query: dict[str, str], most: int) -> tuple[int, int]:
    """Where to begin, and how many."""
    return read_number(query, "offset", 0), min(read_number(query, "limit", most), MOST)


def read_number(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of a query. Raises `Refused`."""
    text = query.get(name, "")
    return whole(text, name) if text else default


def whole(text: str, name: str) -> int:
    """A whole number. Raises `Refused`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise Refused(f"{name} = {text[:40]!r}: must be a whole number from 0 on")
    return int(text)
