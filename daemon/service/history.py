"""History: what was redeemed, what failed and why."""

from collections.abc import Iterable

from attrs import frozen

from actors.giftcodes.codes import clean_code
from actors.giftcodes.model import Code, Player, PlayerKey, Redemption
from daemon.service.codes import no_such_code
from daemon.service.ports import Service
from daemon.service.problems import NotFound
from daemon.service.values import read_game, shown


@frozen
class PairHistory:
    """A player-code pair as recorded, with the player's name of today; "" where the player was removed."""

    record: Redemption
    name: str


async def read_history(
    service: Service, *, code: str = "", player: str = "", game: str = ""
) -> list[PairHistory]:
    """The recorded pairs, the oldest first; those never tried come first of all.

    Args:
        service: the store to read.
        code: only this code, in its exact spelling.
        player: only this player: `game/fid`, a fid, or a name in any case.
        game: only this game.

    Raises:
        Refused: the game is not configured.
        NotFound: there is no such code, or nobody is called `player`, now or in the records.
        StoreUnavailable: the store can't be asked now.
    """
    names = {one.player_key: one.name for one in await service.store.find(Player)}
    equal = {"game": read_game(game, service.games())} if game else {}
    if code:
        equal["code"] = await _known_code(service, code, equal)
    if player:
        records = await _of_player(service, player.strip(), names, equal)
    else:
        records = await service.store.find(Redemption, **equal)
    unique = {record.key: record for record in records}.values()
    rows = [PairHistory(record, names.get(record.player_key, "")) for record in unique]
    return sorted(rows, key=lambda row: (row.record.last_at or 0.0, row.record.key))


async def _known_code(service: Service, text: str, equal: dict[str, str]) -> str:
    code = clean_code(text)
    codes = await service.store.find(Code, **equal)
    if all(known.code != code for known in codes) and not await service.store.find(
        Redemption, **equal, code=code
    ):
        raise NotFound(no_such_code(code, equal.get("game", ""), codes))
    return code


async def _of_player(
    service: Service, text: str, names: dict[PlayerKey, str], equal: dict[str, str]
) -> list[Redemption]:
    found = _named(text, names)
    records: list[Redemption] = []
    for key in found:
        if equal.get("game", key.game) == key.game:
            records += await service.store.find(Redemption, **{**equal, "game": key.game, "fid": key.fid})
    removed = await service.store.find(Redemption, **_key_of_removed(text))
    if not found and not removed:
        raise NotFound(
            f"player {shown(text)}: nobody of that name or fid: `perkd players list` shows who is registered"
        )
    return records + [record for record in removed if _fits(record, equal)]


def _named(text: str, names: dict[PlayerKey, str]) -> Iterable[PlayerKey]:
    folded = text.casefold()
    return [key for key, name in names.items() if text in {str(key), key.fid} or name.casefold() == folded]


def _key_of_removed(text: str) -> dict[str, str]:
    """A player that was removed has no name any more, but still its fid."""
    game, slash, fid = text.rpartition("/")
    return {"game": game, "fid": fid} if slash else {"fid": fid}


def _fits(record: Redemption, equal: dict[str, str]) -> bool:
    return all(getattr(record, name) == value for name, value in equal.items())
