"""Members of guilds register players themselves, once the game has confirmed that they exist."""

import math
from collections import defaultdict
from collections.abc import Iterable

from attrs import evolve, frozen

from actors.giftcodes.model import Guild, Player, PlayerKey, Registration, Wish
from actors.giftcodes.verifier import Verified
from actors.ports import Change, Delete, Put
from daemon.service.audit import By, entry
from daemon.service.guild_settings import present_guild
from daemon.service.players import Merge, What, leave_to_others, merge_player, read_player
from daemon.service.ports import Service, VerifyPlayer
from daemon.service.problems import NotFound, Refused
from daemon.service.values import read_fid, read_game, require_state

MOST_TRIES = 10
"""Registrations that a member may try in ten minutes: each costs a call to the game."""


@frozen
class Registered:
    """What a registration came to.

    Attributes:
        result: `added` (the player is new), `updated` (its data changed) or `unchanged`.
        is_new: the member had not registered the player in this guild before.
        player: as it is stored now.
        changes: what is different now, in words.
        verified: the game has confirmed it; else it is registered all the same, and `status` says what came
            instead: "" for nothing in time.
        mention: what a member that had registered the player changed its wish to be mentioned to; None: it
            is as it was.
    """

    result: What
    is_new: bool
    player: Player
    changes: tuple[str, ...]
    verified: bool
    status: str = ""
    mention: bool | None = None


@frozen
class Unregistered:
    """Registrations that are gone, and whether the player went with the last of them."""

    player: Player
    registrations: int
    is_gone: bool


@frozen
class Roster:
    """A player and who registered it: all registrations that were looked at."""

    player: Player
    registrations: tuple[Registration, ...]


async def register_player(
    service: Service,
    verify: VerifyPlayer,
    *,
    guild: str,
    guild_name: str,
    member: str,
    game: str,
    fid: str,
    state: str = "",
    name: str = "",
    mention: bool | None = None,
    admin: bool = False,
    most: int | None = None,
) -> Registered:
    """Register a player for a member of a guild, verified first. Registering it again is fine.

    Args:
        service: the store.
        verify: asks the game, as `service.verify` does. It is asked before anything is stored.
        guild: whose member asks; its record is made when there is none.
        guild_name: its name of today.
        member: who asks.
        game: may be "" where there is only one.
        fid: as written.
        state: as written; "" keeps what is stored.
        name: "" keeps what is stored; else only who may correct a player renames it.
        mention: whether the member wants to be mentioned when a code is done; None keeps what is stored.
        admin: the member is an admin of this guild: it may correct players that were registered here, and
            have as many as it likes.
        most: players that one member may register, over all guilds; None: as the service says.

    Raises:
        Refused: a value that can't be taken; a player that the game does not know, or not in that state; a
            state number that is not this member's to correct; too many players, or too many tries.
        StoreUnavailable: the store can't be asked or written now.
    """
    games = service.games()
    written = read_player(games, game=game, fid=fid, state=state, name=name, where="in the option game")
    most = service.players_per_member() if most is None else most
    asked = _Asked(written, Registration(guild, member, written.game, written.fid), admin=admin, most=most)
    stored = await service.store.get(Player, written.key)
    merge = await _merged(service, asked, stored)
    require_state(merge.player.state, written.game, games[written.game])
    _take_try(service, member)
    verified = await verify(merge.player)
    if verified.result in {"wrong_state", "no_such_player"}:
        raise Refused(_unknown_player(merge.player, verified))
    async with service.lock:
        merge, known, now = await _record(service, asked, verified, guild_name, mention)
    wish = now.mention if known is not None and now.mention != known.mention else None
    is_right, is_new = verified.result == "right", known is None
    return Registered(merge.what, is_new, merge.player, merge.changes, is_right, verified.status, wish)


async def _record(
    service: Service, asked: "_Asked", verified: Verified, guild_name: str, mention: bool | None
) -> tuple[Merge, Registration | None, Registration]:
    """Store what was verified, with the lock held.

    Returns what became of the player, and the registration as it was and as it is.
    """
    stored = await service.store.get(Player, asked.written.key)
    named = evolve(asked.written, name=verified.name or asked.written.name)
    merge = await _merged(service, evolve(asked, written=named), stored, from_game=bool(verified.name))
    known = await service.store.get(Registration, asked.registration.key)
    registration = known or evolve(asked.registration, at=service.clock.now())
    if mention is not None:
        registration = evolve(registration, mention=mention)
    changes: list[Change] = [] if merge.what == "unchanged" else [Put(merge.player)]
    changes += [] if registration == known else [Put(registration)]
    changes += await _guild_changes(service, asked.registration.guild, guild_name)
    if asked.admin and merge.what == "updated":
        changes += await _others_corrected(service, asked, merge)
    await service.commit_all(*changes)
    return merge, known, registration


async def unregister(
    service: Service, *, guild: str, member: str, game: str, fid: str, admin: bool = False
) -> Unregistered:
    """Remove a member's registration of a player; for an admin, every one that was made in the guild.

    With guild "" (a direct message) those that the member made in any guild. The player goes, and what was
    wished for it, when nobody registers it any more. Its history stays.

    Raises:
        Refused: fid is no number.
        NotFound: the member, or for an admin anybody in the guild, has not registered it.
        StoreUnavailable: the store can't be asked or written now.
    """
    key = PlayerKey(read_game(game, service.games(), where="in the option game"), read_fid(fid))
    async with service.lock:
        everybody = await service.store.find(Registration, game=key.game, fid=key.fid)
        here = [one for one in everybody if guild in {"", one.guild}]
        going = [one for one in here if one.member == member or (admin and guild)]
        if not going:
            whose = "nobody in this server registers it" if admin and guild else "you have not registered it"
            raise NotFound(f"player {key}: {whose}: /players shows who is registered")
        changes: list[Change] = [Delete(Registration, one.key) for one in going]
        player = await service.store.get(Player, str(key)) or Player(key.game, key.fid)
        is_gone = len(going) == len(everybody)
        if is_gone:
            changes += [Delete(Player, str(key)), *await _forget_wishes(service, key)]
        if others := sum(one.member != member for one in going):
            details = f"player {key}, registered by {others} other{'s' if others > 1 else ''}"
            changes.append(Put(entry(service, By(guild, "", member), "unregister", details)))
        await service.commit_all(*changes)
    return Unregistered(player, len(going), is_gone)


async def list_mine(service: Service, *, member: str, guild: str = "") -> list[Roster]:
    """The players that a member registered, in this guild or with "" in any. Raises `StoreUnavailable`."""
    registrations = await service.store.find(Registration, member=member)
    return await _roster(service, [one for one in registrations if guild in {"", one.guild}])


async def list_guild(service: Service, *, guild: str, game: str = "") -> list[Roster]:
    """The players that were registered in a guild, of one game or of all.

    Raises:
        Refused: the game is not configured.
        StoreUnavailable: the store can't be asked now.
    """
    equal = {"game": read_game(game, service.games(), where="in the option game")} if game else {}
    return await _roster(service, await service.store.find(Registration, guild=guild, **equal))


# --- what may be changed ------------------------------------------------------------------------


@frozen
class _Asked:
    written: Player
    registration: Registration
    admin: bool
    most: int


async def _merged(
    service: Service, asked: _Asked, stored: Player | None, *, from_game: bool = False
) -> Merge:
    """What the player becomes. Raises `Refused` where that is not the member's to say."""
    written, mine = asked.written, asked.registration
    everybody = await service.store.find(Registration, game=written.game, fid=written.fid)
    if not asked.admin and all(one.member != mine.member for one in everybody):
        await _check_number(service, asked)
    trusted = any(one.member == mine.member or (asked.admin and one.guild == mine.guild) for one in everybody)
    if stored is not None and not trusted:
        left = leave_to_others(written, stored, "they can correct that, and so can an admin of their server")
        written = evolve(left, name=written.name) if from_game else left
    return merge_player(written, stored, service.clock.now())


async def _others_corrected(service: Service, asked: _Asked, merge: Merge) -> list[Change]:
    """What the audit log says of an admin that changes a player which only others have registered."""
    player, mine = merge.player, asked.registration
    everybody = await service.store.find(Registration, game=player.game, fid=player.fid)
    if any(one.member == mine.member for one in everybody):
        return []
    details = f"player {player.key}, registered by others: {', '.join(merge.changes)}"
    return [Put(entry(service, By(mine.guild, "", mine.member), "register", details))]


async def _check_number(service: Service, asked: _Asked) -> None:
    mine = await service.store.find(Registration, member=asked.registration.member)
    players = {PlayerKey(one.game, one.fid) for one in mine}
    if len(players) >= asked.most:
        raise Refused(
            f"you have registered {len(players)} players: {asked.most} are allowed for one member: "
            "/unregister one you don't need, or ask an admin"
        )


def _take_try(service: Service, member: str) -> None:
    wait = service.tries.take(f"register {member}", service.clock.now(), MOST_TRIES)
    if wait > 0:
        raise Refused(
            f"that was tried {MOST_TRIES} times in ten minutes, and each costs a call to the game: "
            f"try again in {math.ceil(wait / 60)} min"
        )


def _unknown_player(player: Player, verified: Verified) -> str:
    if verified.result == "wrong_state":
        return (
            f"player {player.fid} was not found in state {player.state} of {player.game}: fid or state "
            "number is wrong; the profile page in the game shows both"
        )
    return f"{player.game} knows no player {player.fid}: the profile page in the game shows the fid"


# --- records ------------------------------------------------------------------------------------


async def _guild_changes(service: Service, guild: str, name: str) -> list[Change]:
    known = await service.store.get(Guild, guild)
    present = present_guild(known, guild, name)
    return [] if present == known else [Put(present)]


async def _forget_wishes(service: Service, player: PlayerKey) -> list[Change]:
    wishes = await service.store.find(Wish, game=player.game, fid=player.fid)
    return [Delete(Wish, wish.key) for wish in wishes]


_FEW = 20
"""So many players are read one by one; of more, all are."""


async def _roster(service: Service, registrations: Iterable[Registration]) -> list[Roster]:
    by_player: defaultdict[PlayerKey, list[Registration]] = defaultdict(list)
    for one in registrations:
        by_player[PlayerKey(one.game, one.fid)].append(one)
    if len(by_player) > _FEW:
        found = [one for one in await service.store.find(Player) if one.player_key in by_player]
    else:
        read = [await service.store.get(Player, str(key)) for key in by_player]
        found = [one for one in read if one is not None]
    found.sort(key=lambda player: (player.game, len(player.fid), player.fid))
    return [Roster(player, tuple(by_player[player.player_key])) for player in found]
