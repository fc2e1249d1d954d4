"""Players: adding, listing, removing."""

from collections.abc import Mapping
from typing import Literal

from attrs import evolve, frozen

from actors.giftcodes.model import TERMINAL_GUILD, Player, PlayerKey, Registration, Wish
from actors.ports import Change, Delete, Put
from daemon.service.ports import Service
from daemon.service.problems import NotFound, Refused
from daemon.service.values import read_fid, read_game, read_name, read_state, require_state

What = Literal["added", "updated", "unchanged"]


@frozen
class Merge:
    """What a player as written makes of the player as stored."""

    what: What
    player: Player
    changes: tuple[str, ...] = ()
    """What is different now, in words: `state 456 → 457`."""


@frozen
class PlayerAdded:
    """What adding a player came to: `added`, `updated` (with the differences) or `unchanged`."""

    result: What
    player: Player
    changes: tuple[str, ...] = ()


@frozen
class PlayerRemoved:
    """The player that is gone, and how many had registered it."""

    player: Player
    registrations: int


async def add_player(
    service: Service, *, game: str, fid: str, state: str = "", name: str = ""
) -> PlayerAdded:
    """Add a player, or correct its state number or name.

    A state or a name that is not given keeps what is stored. The operator's registration (guild
    `terminal`) is written in the same batch. A corrected state number makes pairs that failed for the
    wrong one owed again: the campaign derives that.

    Raises:
        Refused: the game is not configured, fid or state is no number, or a needed state is missing.
        StoreUnavailable: the store can't be asked or written now.
    """
    games = service.games()
    written = read_player(games, game=game, fid=fid, state=state, name=name)
    now = service.clock.now()
    async with service.lock:
        merge = merge_player(written, await service.store.get(Player, written.key), now)
        require_state(merge.player.state, written.game, games[written.game])
        registration = operators_registration(written, now)
        is_registered = await service.store.get(Registration, registration.key) is not None
        if changes := changes_of(merge, None if is_registered else registration):
            await service.commit(Player.collection, *changes)
    return PlayerAdded(merge.what, merge.player, merge.changes)


async def list_players(service: Service, *, game: str = "") -> list[Player]:
    """All players, or those of one game, ordered by game and fid (as a number).

    Raises:
        Refused: the game is not configured.
        StoreUnavailable: the store can't be asked now.
    """
    equal = {"game": read_game(game, service.games())} if game else {}
    players = await service.store.find(Player, **equal)
    return sorted(players, key=lambda player: (player.game, len(player.fid), player.fid))


async def remove_player(service: Service, *, game: str, fid: str) -> PlayerRemoved:
    """Remove a player and every registration of it, whichever guild made it. Its history stays.

    Raises:
        Refused: fid is no number.
        NotFound: there is no such player.
        StoreUnavailable: the store can't be asked or written now.
    """
    key = PlayerKey(await _game_of(service, game), read_fid(fid))
    async with service.lock:
        player = await service.store.get(Player, str(key))
        if player is None:
            raise NotFound(f"player {key}: not registered: `perkd players list` shows who is")
        registrations = await service.store.find(Registration, game=key.game, fid=key.fid)
        wishes = await service.store.find(Wish, game=key.game, fid=key.fid)
        gone: list[Change] = [Delete(type(one), one.key) for one in (*registrations, *wishes)]
        await service.commit(Player.collection, Delete(Player, player.key), *gone)
    return PlayerRemoved(player, len(registrations))


async def _game_of(service: Service, text: str) -> str:
    """The game; one that is configured no more may still have players to be removed."""
    games = service.games()
    if text and text not in games:
        games = {**games, **{player.game: "" for player in await service.store.find(Player)}}
    return read_game(text, games)


# --- shared with the import ---------------------------------------------------------------------


def read_player(
    games: Mapping[str, str], *, game: str, fid: str, state: str, name: str, where: str = "with --game"
) -> Player:
    """The player as written. Raises `Refused` for the first value that is wrong; `where` games are named."""
    return Player(read_game(game, games, where=where), read_fid(fid), read_state(state), read_name(name))


def merge_player(written: Player, stored: Player | None, now: float) -> Merge:
    """Put what was written over what is stored; what was left out stays as it is."""
    if stored is None:
        return Merge("added", evolve(written, added_at=now))
    player = evolve(stored, state=written.state or stored.state, name=written.name or stored.name)
    changes = tuple(
        f"{field} {old or '(none)'} → {new}"
        for field, old, new in (("state", stored.state, player.state), ("name", stored.name, player.name))
        if old != new
    )
    return Merge("updated" if changes else "unchanged", player, changes)


def leave_to_others(written: Player, stored: Player, way_out: str) -> Player:
    """What somebody who may not correct a player may say of it: what is not known yet.

    Raises:
        Refused: another state number than the one that is stored.
    """
    if written.state and stored.state and written.state != stored.state:
        raise Refused(f"player {written.key} is registered by others with another state number: {way_out}")
    return evolve(written, name="") if stored.name else written


def operators_registration(player: Player, now: float) -> Registration:
    """The record that the operator asked for this player."""
    return registration_of(player, TERMINAL_GUILD, "", now)


def registration_of(player: Player, guild: str, member: str, now: float) -> Registration:
    """The record that a member of a guild asked for this player."""
    return Registration(guild, member, player.game, player.fid, at=now)


def changes_of(merge: Merge, registration: Registration | None) -> tuple[Change, ...]:
    """What has to be committed for `merge`, with the registration where the operator's is missing."""
    player: tuple[Change, ...] = () if merge.what == "unchanged" else (Put(merge.player),)
    return player if registration is None else (*player, Put(registration))
