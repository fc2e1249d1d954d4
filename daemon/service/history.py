"""History: what was redeemed, what failed and why."""

import math
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from heapq import nlargest

import trio
from attrs import frozen

from actors.giftcodes.codes import clean_code
from actors.giftcodes.model import Code, CodeState, Player, PlayerKey, Redemption
from daemon.service.codes import no_such_code
from daemon.service.ports import Service
from daemon.service.problems import NotFound, Refused
from daemon.service.values import read_game, shown

LIMIT = 1000
"""Pairs in an answer, where nobody says how many."""
MOST = 10_000
"""Pairs in an answer, however many are asked for: there may be millions."""


MANY = 500
"""Of more players than this the newest pairs are looked for code by code, not player by player."""
_IN_ONE_GO = 2000
"""Pairs that are looked at before others run again."""


@frozen
class PairHistory:
    """A player-code pair as recorded, with the player's name of today; "" where the player was removed."""

    record: Redemption
    name: str


async def read_history(
    service: Service, *, code: str = "", player: str = "", game: str = "", limit: str = ""
) -> list[PairHistory]:
    """The newest of the recorded pairs, the oldest of them first; those never tried come before all.

    Args:
        service: the store to read.
        code: only this code, in its exact spelling.
        player: only this player: `game/fid`, a fid, or where nobody has such a one a name in any case.
        game: only this game.
        limit: how many pairs at most, as a number; "" is `LIMIT`.

    Raises:
        Refused: the game is not configured, or the limit is no number from 1 to `MOST`.
        NotFound: there is no such code, or nobody is called `player`, now or in the records.
        StoreUnavailable: the store can't be asked now.
    """
    most = _read_limit(limit)
    equal = {"game": read_game(game, service.games())} if game else {}
    if code:
        equal["code"] = await _known_code(service, code, equal)
    if player:
        records, names = await _of_player(service, player.strip(), equal)
    else:
        records = await _of_code(service, equal, most) if code else await _of_codes(service, equal, most)
        names = _names(await service.store.find(Player)) if records else {}
    newest = sorted(nlargest(most, records, key=_age), key=_age)
    return [PairHistory(record, names.get(record.player_key, "")) for record in newest]


async def newest_of(service: Service, players: AbstractSet[PlayerKey], most: int) -> list[Redemption]:
    """The newest `most` pairs of these players alone, the newest first.

    Raises:
        StoreUnavailable: the store can't be asked now.
    """
    if len(players) > MANY:
        return await _of_codes(service, {}, most, players)
    found: list[Redemption] = []
    for fid in sorted({key.fid for key in players}):
        # By the fid alone: the store has no index for two at once, and few fids are known to two games.
        found += _of(players, await service.store.find(Redemption, fid=fid))
        if len(found) > most + _IN_ONE_GO:
            found = nlargest(most, found, key=_age)
    return nlargest(most, found, key=_age)


def _read_limit(text: str) -> int:
    if not text:
        return LIMIT
    if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST:
        return int(text)
    raise Refused(f"limit {shown(text)}: must be a number from 1 to {MOST}")


def _age(record: Redemption) -> tuple[float, str]:
    """Sorts the newest last."""
    return (record.last_at or 0.0, record.key)


def _names(players: Iterable[Player]) -> dict[PlayerKey, str]:
    return {player.player_key: player.name for player in players}


# --- codes --------------------------------------------------------------------------------------


async def _known_code(service: Service, text: str, equal: dict[str, str]) -> str:
    code = clean_code(text)
    codes = await service.store.find(Code, **equal)
    if all(known.code != code for known in codes) and not await service.store.find(
        Redemption, **equal, code=code
    ):
        raise NotFound(no_such_code(code, equal.get("game", ""), codes))
    return code


async def _of_code(service: Service, equal: dict[str, str], most: int) -> list[Redemption]:
    return nlargest(most, await service.store.find(Redemption, **equal), key=_age)


async def _of_codes(
    service: Service, equal: dict[str, str], most: int, players: AbstractSet[PlayerKey] | None = None
) -> list[Redemption]:
    """The newest pairs of all codes, read code by code for as long as there may be newer ones."""
    games = None if players is None else {key.game for key in players}
    codes = [one for one in await service.store.find(Code, **equal) if games is None or one.game in games]
    found = await _newest(most, [], await _trials(service, codes), players)
    for code in sorted(codes, key=_over_at, reverse=True):
        if len(found) == most and _over_at(code) < (found[-1].last_at or 0.0):
            break
        read = await service.store.find(Redemption, game=code.game, code=code.code)
        found = await _newest(most, found, read, players)
    return found


async def _newest(
    most: int, found: list[Redemption], read: list[Redemption], players: AbstractSet[PlayerKey] | None
) -> list[Redemption]:
    """The newest of both, with of what was read only the players' own; others run every few milliseconds."""
    for start in range(0, len(read), _IN_ONE_GO):
        if own := _of(players, read[start : start + _IN_ONE_GO]):
            found = nlargest(most, {one.key: one for one in (*found, *own)}.values(), key=_age)
        await trio.lowlevel.checkpoint()
    return found


def _of(players: AbstractSet[PlayerKey] | None, records: list[Redemption]) -> list[Redemption]:
    """Those of the players alone; None: all."""
    return records if players is None else [one for one in records if one.player_key in players]


async def _trials(service: Service, codes: Iterable[Code]) -> list[Redemption]:
    """The trials of ended codes that are under way: only they happen after a code's end."""
    tried = [code for code in codes if code.canary and code.state is not CodeState.LIVE]
    trials = [await service.store.get(Redemption, code.trial_key) for code in tried]
    return [trial for trial in trials if trial is not None]


def _over_at(code: Code) -> float:
    """When a code's last pair was settled; only those that a crash had left open are settled later."""
    return math.inf if code.state is CodeState.LIVE or code.ended_at is None else code.ended_at


# --- players ------------------------------------------------------------------------------------


async def _of_player(
    service: Service, text: str, equal: dict[str, str]
) -> tuple[list[Redemption], dict[PlayerKey, str]]:
    """The pairs of everybody called so, and their names."""
    game, slash, fid = text.rpartition("/")
    records = await service.store.find(Redemption, **({"game": game, "fid": fid} if slash else {"fid": fid}))
    keys = {record.player_key for record in records}
    keys |= {PlayerKey(one, fid) for one in ([game] if slash else service.games())}
    players = [await service.store.get(Player, str(key)) for key in sorted(keys)]
    named = _names(player for player in players if player is not None)
    if not records and not named:
        named = _names(one for one in await service.store.find(Player) if _is_called(one, text))
        for key in named:
            records += await service.store.find(Redemption, game=key.game, fid=key.fid)
    if not records and not named:
        raise NotFound(
            f"player {shown(text)}: nobody of that name or fid: `perkd players list` shows who is registered"
        )
    return [record for record in records if _fits(record, equal)], named


def _is_called(player: Player, text: str) -> bool:
    return text == player.fid or text.casefold() == player.name.casefold()


def _fits(record: Redemption, equal: dict[str, str]) -> bool:
    return all(getattr(record, name) == value for name, value in equal.items())
