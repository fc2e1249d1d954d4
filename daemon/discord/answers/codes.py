"""`/codes`: what codes there are; adding and retiring by hand."""

import math

from attrs import evolve

from actors.giftcodes.model import Code, CodeState
from daemon.discord.answers.audited import by
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.lists import LINES, listed, table_file
from daemon.discord.answers.scope import pick_code
from daemon.discord.locale import say, say_count
from daemon.discord.rights import may
from daemon.discord.text import code_span, moment, plain
from daemon.discord.values import Caller, File, Reply, Right
from daemon.discord.words import game_name, source_name, state_word
from daemon.service import Refused, add_code, list_codes, retire_code
from daemon.service.documents import code_document

_SIGNS = {CodeState.LIVE: "🟢", CodeState.INVALID: "🚫"}
_ENDED = "⌛"
_COLUMNS = ("game", "code", "state", "source", "first_seen", "expires")
_LONGEST_REWARDS = 80
MOST_ADDED = 10
"""Codes that an admin of a server may add in ten minutes."""


async def show_codes(desk: Desk, caller: Caller, game: str = "", state: str = "") -> Reply:
    """Live ones first, then the newest; all of them in a file where they are many."""
    codes = await list_codes(desk.service, game=game, state=state)
    if not codes:
        return Reply(say("codes.none.such" if game or state else "codes.none", caller.locale))
    live = sum(code.state is CodeState.LIVE for code in codes)
    games = len(desk.service.games()) > 1
    lines = [_line(code, caller.locale, games=games) for code in codes[:LINES]]
    title = say_count("codes.title", len(codes), caller.locale, live=live)
    return listed(title, lines, caller.locale, file=lambda: _file(codes, caller), total=len(codes))


async def add(desk: Desk, caller: Caller, code: str, game: str = "") -> Reply:
    """Add a code, or have an ended one tried again. It is posted everywhere, so admins have to be slow."""
    if not may(caller.right, Right.OWNER):
        _take_try(desk, caller)
    added = await add_code(desk.service, code=code, game=game, by=by(caller))
    shown = _shown(added.code, caller.locale)
    return Reply(say(f"codes.add.{added.result}", caller.locale, code=shown, problem=plain(added.problem)))


async def retire(desk: Desk, caller: Caller, code: str) -> Reply:
    """End a code for everybody."""
    picked = await pick_code(desk.service, code)
    retired = await retire_code(desk.service, code=picked.code, game=picked.game, by=by(caller))
    state = state_word(retired.code.state, caller.locale)
    shown = _shown(picked, caller.locale)
    return Reply(say(f"codes.retire.{retired.result}", caller.locale, code=shown, state=state))


def _take_try(desk: Desk, caller: Caller) -> None:
    service = desk.service
    wait = service.tries.take(f"add {caller.member}", service.clock.now(), MOST_ADDED)
    if wait > 0:
        minutes = math.ceil(wait / 60)
        raise Refused(say("codes.add.often", caller.locale, most=MOST_ADDED, minutes=minutes))


def _shown(code: Code, locale: str) -> str:
    return f"{code_span(code.code)} ({game_name(code.game, locale)})"


def _line(code: Code, locale: str, *, games: bool) -> str:
    parts = [f"{_SIGNS.get(code.state, _ENDED)} {code_span(code.code)}"]
    if games:
        parts.append(game_name(code.game, locale))
    parts.append(state_word(code.state, locale))
    if code.state is not CodeState.LIVE:
        parts.append(moment(code.ended_at))
        return " · ".join(filter(None, parts))
    if found := moment(code.first_seen):
        parts.append(say("codes.found", locale, when=found))
    if expires := moment(code.expires):
        parts.append(say("codes.expires", locale, when=expires))
    parts.append(plain(code.rewards, _LONGEST_REWARDS))
    return " · ".join(filter(None, parts))


def _file(codes: list[Code], caller: Caller) -> File:
    if not may(caller.right, Right.OWNER):
        codes = [evolve(code, source=source_name(code.source, caller.locale)) for code in codes]
    documents = map(code_document, codes)
    return table_file("codes.csv", _COLUMNS, ([one[name] or "" for name in _COLUMNS] for one in documents))
