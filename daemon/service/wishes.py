"""Asking for a code by hand: also where it is not redeemed unasked, and again where it failed."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import frozen

from actors.giftcodes.model import (
    Code,
    CodeKey,
    CodeState,
    Guild,
    Outcome,
    Player,
    Redemption,
    Registration,
    Wish,
)
from actors.giftcodes.wants import Wants
from actors.ports import Put
from daemon.service.audit import By, entry
from daemon.service.codes import no_such_code, read_code_text
from daemon.service.ports import Service
from daemon.service.problems import NotFound, Refused
from daemon.service.values import read_fid, read_game

MOST_TRIES = 30
"""Times that a member may ask in ten minutes: each begins a new round of calls where one had failed."""

_WHY = {
    CodeState.EXPIRED: "has expired",
    CodeState.INVALID: "does not exist, says the game",
    CodeState.USED_UP: "is used up: it was redeemed as often as it may be",
    CodeState.RETIRED: "was retired by an admin",
}


@frozen
class Wished:
    """What became of a wish for one player.

    Attributes:
        player: for whom.
        result: `already` (it has the code: nothing was wished), `on_its_way` (it was owed, and goes first
            now), or `wished` (it begins now, anew where it had failed).
        waiting: nothing is done for the player, since every guild that registered it is paused.
        status: the last answer's word; "" where it was never tried.
    """

    player: Player
    result: Literal["already", "on_its_way", "wished"]
    waiting: bool = False
    status: str = ""


async def wish(
    service: Service,
    *,
    guild: str,
    member: str,
    game: str,
    code: str,
    fid: str | None = None,
    admin: bool = False,
    owner: bool = False,
) -> list[Wished]:
    """Ask for a code for one of the member's players, or with fid None for all of that game.

    What is asked for a player that only others have registered goes into the audit log.

    Args:
        service: the store.
        guild: where it is asked; "" in a direct message.
        member: who asks.
        game: of the code; may be "" where there is only one.
        code: in its exact spelling.
        fid: the player; an admin may name any that was registered in the guild.
        admin: the member is an admin of the guild.
        owner: the member owns this perkd, and may name any player in a direct message.

    Raises:
        Refused: a value that can't be taken, a code that has ended, or too many tries.
        NotFound: no such code; the member has registered no player, or not this one.
        StoreUnavailable: the store can't be asked or written now.
    """
    key = CodeKey(read_game(game, service.games(), where="in the option game"), read_code_text(code))
    live = await _live(service, key)
    where = {"guild": guild} if guild else {}
    others = where if (admin and guild) or (owner and not guild) else None
    players = await _players(service, member, key.game, fid, others)
    wait = service.tries.take(f"wish {member}", service.clock.now(), MOST_TRIES)
    if wait > 0:
        raise Refused(
            f"you have asked {MOST_TRIES} times in ten minutes: try again in {math.ceil(wait / 60)} min"
        )
    found: list[Wished] = []
    wishes: list[Put] = []
    guilds = await service.store.find(Guild)
    async with service.lock:
        for player in players:
            made = Wish(
                player.game, player.fid, live.code, live.activation, service.clock.now(), guild, member
            )
            wished = await _one(service, player, made, guilds)
            found.append(wished)
            if wished.result != "already":
                wishes += [Put(made), *await _noted(service, made)]
        await service.commit_all(*wishes)
    return found


async def _live(service: Service, key: CodeKey) -> Code:
    stored = await service.store.get(Code, str(key))
    if stored is None:
        codes = await service.store.find(Code, game=key.game)
        raise NotFound(no_such_code(key.code, key.game, codes, way_out="/codes list"))
    if stored.state is not CodeState.LIVE:
        raise Refused(
            f"code {stored.code} ({stored.game}) {_WHY[stored.state]}: nobody can redeem it any more"
        )
    return stored


async def _players(
    service: Service, member: str, game: str, fid: str | None, others: Mapping[str, str] | None
) -> Sequence[Player]:
    """The member's own; with a fid also one of those that `others` selects, unless that is None."""
    wanted = None if fid is None else read_fid(fid)
    mine = [one for one in await service.store.find(Registration, member=member) if one.game == game]
    if wanted is not None and others is not None:
        mine += await service.store.find(Registration, **others, game=game, fid=wanted)
    fids = sorted({one.fid for one in mine if wanted in {None, one.fid}}, key=lambda one: (len(one), one))
    read = [await service.store.get(Player, f"{game}/{one}") for one in fids]
    players = [player for player in read if player is not None]
    if players:
        return players
    if wanted is None:
        raise NotFound(f"you have registered no player of {game}: /register does that")
    raise NotFound(f"player {game}/{wanted}: you have not registered it: /players mine shows whom you have")


async def _noted(service: Service, made: Wish) -> list[Put]:
    """What the audit log says of it, where the player is somebody else's."""
    registrations = await service.store.find(Registration, game=made.game, fid=made.fid)
    if any(one.member == made.member for one in registrations):
        return []
    details = f"code {made.code} for player {made.game}/{made.fid}"
    return [Put(entry(service, By(made.guild, "", made.member), "redeem", details))]


async def _one(service: Service, player: Player, made: Wish, guilds: Sequence[Guild]) -> Wished:
    record = await service.store.get(Redemption, made.key)
    if record is not None and record.outcome in {Outcome.REDEEMED, Outcome.ALREADY}:
        return Wished(player, "already", status=record.status)
    wants = Wants()
    registrations = await service.store.find(Registration, game=player.game, fid=player.fid)
    wants.set_players([player], registrations, guilds)
    before = await service.store.get(Wish, made.key)
    is_open = record is None or record.outcome is Outcome.PENDING
    is_wished = before is not None and (is_open or before.at > ((record and record.last_at) or 0.0))
    owed = is_wished or (is_open and wants.gets_unasked(player))
    status = "" if record is None else record.status
    return Wished(player, "on_its_way" if owed else "wished", wants.is_waiting(player), status)
