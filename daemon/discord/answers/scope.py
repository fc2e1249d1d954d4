"""Whose players a caller may look at or name, and which one, or which code, it means."""

from collections.abc import Sequence

from actors.giftcodes.codes import clean_code
from actors.giftcodes.model import Code, CodeKey, Player
from daemon.discord.rights import may
from daemon.discord.values import Caller, Right
from daemon.service import NotFound, Refused, Service, list_players
from daemon.service.codes import no_such_code
from daemon.service.members import list_guild, list_mine
from daemon.service.values import shown


async def own_players(service: Service, caller: Caller) -> list[Player]:
    """The players that the caller registered: here, or in a direct message in any server."""
    return [one.player for one in await list_mine(service, member=caller.member, guild=caller.guild)]


async def guild_players(service: Service, guild: str) -> list[Player]:
    """Every player that members of the guild registered."""
    return [one.player for one in await list_guild(service, guild=guild)]


async def players_in_reach(service: Service, caller: Caller) -> list[Player]:
    """The caller's own; for admins their server's; for owners in a direct message all there are."""
    if caller.guild and may(caller.right, Right.ADMIN):
        return await guild_players(service, caller.guild)
    if not caller.guild and may(caller.right, Right.OWNER):
        return await list_players(service)
    return await own_players(service, caller)


async def players_to_remove(service: Service, caller: Caller) -> list[Player]:
    """Whose registrations the caller may take back: the own ones first; for admins then their server's."""
    mine = await own_players(service, caller)
    if not (caller.guild and may(caller.right, Right.ADMIN)):
        return mine
    keys = {one.key for one in mine}
    return mine + [one for one in await guild_players(service, caller.guild) if one.key not in keys]


def pick_player(players: Sequence[Player], text: str) -> Player:
    """The one that `text` names: `game/fid` as suggested, a fid, or a name in any case.

    Raises:
        NotFound: nobody among them is called so.
        Refused: several are.
    """
    wanted = text.strip()
    for matches in (
        [player for player in players if player.key == wanted],
        [player for player in players if player.fid == wanted],
        [player for player in players if player.name and player.name.casefold() == wanted.casefold()],
    ):
        if len(matches) > 1:
            raise Refused(f"player {shown(text)}: {len(matches)} are called so: name game/fid, as suggested")
        if matches:
            return matches[0]
    raise NotFound(f"player {shown(text)}: nobody of that name or fid among those you may choose from")


async def pick_code(service: Service, text: str) -> Code:
    """The code that `text` names: `game/code` as suggested, or the code itself in its exact spelling.

    Raises:
        NotFound: there is none, or one that differs in case.
        Refused: several games have it.
    """
    written = clean_code(text)
    game, _, rest = written.partition("/")
    if rest and game in service.games():
        stored = await service.store.get(Code, str(CodeKey(game, rest)))
        if stored is not None:
            return stored
    found = [await service.store.get(Code, str(CodeKey(game, written))) for game in service.games()]
    codes = [code for code in found if code is not None]
    if len(codes) > 1:
        games = ", ".join(code.game for code in codes)
        raise Refused(f"code {shown(written)}: {games} each have one: choose one of the suggestions")
    if codes:
        return codes[0]
    raise NotFound(no_such_code(written, "", await service.store.find(Code), way_out="/codes list"))
