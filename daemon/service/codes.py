"""Codes by hand: adding, listing, retiring."""

from collections.abc import Iterable
from typing import Literal

from attrs import evolve, frozen

from actors.giftcodes import canary
from actors.giftcodes.codes import MAX_CODE_LENGTH, clean_code, read_code
from actors.giftcodes.model import Code, CodeKey, CodeState, Guild, Player, Registration
from actors.giftcodes.wants import Wants
from actors.ports import Put
from daemon.service.audit import By, entry
from daemon.service.ports import Service
from daemon.service.problems import NotFound, Refused
from daemon.service.values import read_game, shown

SOURCE = "manual"
"""The source of codes that were added by hand."""


@frozen
class CodeAdded:
    """What adding a code came to.

    `added`: it is new and live. `live`: it was live already. `retrying`: it had ended, and one player tries
    it again now. `ended`: it had ended, and `problem` says why nobody tries it.
    """

    result: Literal["added", "live", "retrying", "ended"]
    code: Code
    problem: str = ""


@frozen
class CodeRetired:
    """What retiring a code came to: `retired`, or `ended` where it was not live any more."""

    result: Literal["retired", "ended"]
    code: Code


async def add_code(service: Service, *, code: str, game: str = "", by: By | None = None) -> CodeAdded:
    """Add a code, cleaned of white space and hidden characters; its spelling stays as written.

    An ended code is not taken for live on an operator's word: the campaign has one player try it, and a
    success begins a new activation. `by` is who is named in the audit log, if anybody.

    Raises:
        Refused: the game is not configured, or `code` can be no code.
        StoreUnavailable: the store can't be asked or written now.
    """
    key = CodeKey(read_game(game, service.games()), read_code_text(code))
    async with service.lock:
        stored = await service.store.get(Code, str(key))
        if stored is None:
            new = Code(key.game, key.code, source=SOURCE, first_seen=service.clock.now())
            await service.commit(Code.collection, Put(new), *_audit(service, by, "codes add", new))
            return CodeAdded("added", new)
    if stored.state is CodeState.LIVE:
        return CodeAdded("live", stored)
    return await _retry(service, stored, by)


async def _retry(service: Service, code: Code, by: By | None) -> CodeAdded:
    if service.retry_code is None:
        return CodeAdded("ended", code, "perkd is not running: start it and add the code again to try it")
    players = await _unasked(service, code.game)
    if await canary.find_player(service.store, code, players) is None:
        return CodeAdded("ended", code, f"no player of {code.game} is without it, so nobody can try it")
    if noted := _audit(service, by, "codes add", code):
        await service.commit_all(*noted)
    service.retry_code(code.game, code.code)
    return CodeAdded("retrying", code)


def _audit(service: Service, by: By | None, action: str, code: Code) -> list[Put]:
    return [] if by is None else [Put(entry(service, by, action, code.key))]


async def _unasked(service: Service, game: str) -> list[Player]:
    """The players of a game that get codes without asking: nobody else tries an ended one."""
    wants, players = Wants(), await service.store.find(Player, game=game)
    registrations = await service.store.find(Registration, game=game)
    wants.set_players(players, registrations, await service.store.find(Guild))
    return [player for player in players if wants.gets_unasked(player)]


async def list_codes(service: Service, *, game: str = "", state: str = "") -> list[Code]:
    """All codes, or those of one game or state; live ones first, then the newest first.

    Raises:
        Refused: the game is not configured, or there is no such state.
        StoreUnavailable: the store can't be asked now.
    """
    equal: dict[str, str] = {"game": read_game(game, service.games())} if game else {}
    if state:
        equal["state"] = _read_state(state)
    codes = await service.store.find(Code, **equal)
    return sorted(codes, key=lambda code: (code.state is not CodeState.LIVE, -code.first_seen, code.key))


async def retire_code(service: Service, *, code: str, game: str = "", by: By | None = None) -> CodeRetired:
    """End a live code for everyone: nobody is redeemed any more, and no source brings it back.

    `add_code` puts it to the test again. `by` is who is named in the audit log, if anybody.

    Raises:
        Refused: the game is not configured, or `code` can be no code.
        NotFound: no such code; where only the case differs, the text says so.
        StoreUnavailable: the store can't be asked or written now.
    """
    key = CodeKey(read_game(game, service.games()), read_code_text(code))
    async with service.lock:
        stored = await service.store.get(Code, str(key))
        if stored is None:
            codes = await service.store.find(Code, game=key.game)
            raise NotFound(no_such_code(key.code, key.game, codes))
        if stored.state is not CodeState.LIVE:
            return CodeRetired("ended", stored)
        retired = evolve(stored, state=CodeState.RETIRED, ended_at=service.clock.now())
        await service.commit(Code.collection, Put(retired), *_audit(service, by, "codes retire", retired))
    return CodeRetired("retired", retired)


def no_such_code(code: str, game: str, codes: Iterable[Code], *, way_out: str = "`perkd codes list`") -> str:
    """The text for a code that is not among `codes`, those of one game, or with game "" of all."""
    what = f"code {code}{f' ({game})' if game else ''}"
    for other in codes:
        if other.code.casefold() == code.casefold():
            return f"{what}: no such code, but there is {other.code}: case matters"
    return f"{what}: no such code: {way_out} shows those there are"


def read_code_text(text: str) -> str:
    """The code as written, cleaned. Raises `Refused` for what can be no code."""
    code = read_code(text)
    if code is not None:
        return code
    cleaned = clean_code(text)
    if not cleaned:
        raise Refused(f"code {shown(text)}: holds nothing that can be seen: write the code itself")
    if len(cleaned) > MAX_CODE_LENGTH:
        raise Refused(f"code {shown(text)}: {len(cleaned)} characters: at most {MAX_CODE_LENGTH}")
    raise Refused(f"code {shown(text)}: holds a blank: one code at a time, as the game spells it")


def _read_state(text: str) -> str:
    states = [state.value for state in CodeState]
    if text not in states:
        raise Refused(f"state {shown(text)}: must be one of {', '.join(states)}")
    return text
