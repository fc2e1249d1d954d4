"""`/register`, `/unregister`, `/players`: whom codes are redeemed for."""

from collections.abc import Iterator, Sequence

from actors.giftcodes.model import Guild, Player
from daemon.discord.answers.allowed import require
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.lists import LINES, listed, member_link
from daemon.discord.answers.scope import own_players, pick_player, players_to_remove
from daemon.discord.locale import say, say_count
from daemon.discord.rights import may
from daemon.discord.text import plain
from daemon.discord.values import Caller, File, Reply, Right
from daemon.discord.words import game_name, reason
from daemon.service import players_to_csv
from daemon.service.members import Registered, Roster, list_guild, list_mine, register_player
from daemon.service.members import unregister as take_back

_MEMBERS = 3
"""Members that are named behind a player."""
_LONGEST_NAME = 80


async def register(
    desk: Desk,
    caller: Caller,
    *,
    game: str = "",
    fid: str = "",
    state: str = "",
    name: str = "",
    mention: bool | None = None,
) -> Reply:
    """Register a player of the caller's, unless the game says that there is none.

    By the command or a form: neither can do without a guild.
    """
    require(caller, Right.MEMBER, in_guild=True)
    registered = await register_player(
        desk.service,
        desk.service.verify,
        guild=caller.guild,
        guild_name=caller.guild_name,
        member=caller.member,
        game=game,
        fid=fid,
        state=state,
        name=name,
        mention=mention,
        admin=may(caller.right, Right.ADMIN),
    )
    guild = await desk.service.store.get(Guild, caller.guild) or Guild(caller.guild, caller.guild_name)
    return Reply("\n".join(_registered(registered, guild, caller.locale)))


def _registered(registered: Registered, guild: Guild, locale: str) -> Iterator[str]:
    who = named(registered.player, locale)
    if registered.is_new:
        yield say("register.new", locale, player=who, what=_what_comes(guild, locale))
    else:
        is_same = registered.result == "unchanged" and registered.mention is None
        yield say("register.unchanged" if is_same else "register.updated", locale, player=who)
    if registered.result == "updated":
        yield from (f"• {plain(change)}" for change in registered.changes)
    if registered.mention is not None:
        noted = "on" if guild.summary else "noted"
        yield say(f"register.mention.{noted if registered.mention else 'off'}", locale)
    if not registered.verified:
        status = registered.status
        why = reason(status, locale) if status else say("register.silent", locale)
        yield say("register.unchecked", locale, reason=why)


def _what_comes(guild: Guild, locale: str) -> str:
    """What a member may expect here for a player that it has just registered."""
    if guild.paused:
        return say("register.paused", locale)
    if not guild.auto_redeem:
        return say("register.by_hand", locale, redeem=say("button.redeem", locale))
    return say("register.auto", locale)


async def unregister(desk: Desk, caller: Caller, player: str) -> Reply:
    """Take back the caller's registration; an admin also what others of the guild have registered."""
    mine = await own_players(desk.service, caller)
    picked = pick_player(await players_to_remove(desk.service, caller), player)
    gone = await take_back(
        desk.service,
        guild=caller.guild,
        member=caller.member,
        game=picked.game,
        fid=picked.fid,
        admin=picked not in mine,
    )
    text_id = "unregister.gone" if gone.is_gone else "unregister.stays"
    return Reply(say(text_id, caller.locale, player=named(picked, caller.locale)))


async def show_mine(desk: Desk, caller: Caller) -> Reply:
    """The caller's own players."""
    roster = await list_mine(desk.service, member=caller.member, guild=caller.guild)
    if not roster:
        return Reply(say("players.none.mine", caller.locale))
    lines = [f"• {named(one.player, caller.locale)}" for one in roster[:LINES]]
    return _listed("players.mine", roster, lines, caller.locale)


async def show_all(desk: Desk, caller: Caller) -> Reply:
    """Everybody's players of the guild, and who registered them."""
    roster = await list_guild(desk.service, guild=caller.guild)
    if not roster:
        return Reply(say("players.none.all", caller.locale))
    lines = [f"• {named(one.player, caller.locale)}{_by_whom(one)}" for one in roster[:LINES]]
    return _listed("players.all", roster, lines, caller.locale)


def _by_whom(roster: Roster) -> str:
    """The members as mentions that notify nobody: Discord shows their names of today."""
    members = [member_link(one.member) for one in roster.registrations if one.member]
    return f" · {' '.join(members[:_MEMBERS])}" if members else ""


def _listed(text_id: str, roster: Sequence[Roster], lines: Sequence[str], locale: str) -> Reply:
    def file() -> File:
        return File("players.csv", players_to_csv((one.player for one in roster), guarded=True).encode())

    return listed(say_count(text_id, len(roster), locale), lines, locale, file=file, total=len(roster))


def named(player: Player, locale: str) -> str:
    """The player with all that tells it from others."""
    name = f"**{plain(player.name, _LONGEST_NAME)}** · " if player.name else ""
    state = say("player.state", locale, state=plain(player.state)) if player.state else ""
    return f"{name}{plain(player.fid)} · {game_name(player.game, locale)}{state}"
