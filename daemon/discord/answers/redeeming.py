"""`/redeem`: codes asked for by hand."""

from actors.giftcodes.model import CodeState
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.lists import fitting
from daemon.discord.answers.players import named
from daemon.discord.answers.scope import pick_code, pick_player, players_in_reach
from daemon.discord.locale import say
from daemon.discord.rights import may
from daemon.discord.text import code_span
from daemon.discord.values import Caller, Reply, Right
from daemon.discord.words import game_name, reason, state_word
from daemon.service.wishes import Wished, wish

_ROOM = 1700
"""Units; a message's text takes 2000."""


async def redeem(desk: Desk, caller: Caller, code: str, player: str = "") -> Reply:
    """Ask for a code for one player, or for all of the caller's own of its game."""
    locale = caller.locale
    wanted = await pick_code(desk.service, code)
    if wanted.state is not CodeState.LIVE:
        state = state_word(wanted.state, locale)
        return Reply(say("redeem.ended", locale, code=code_span(wanted.code), state=state))
    fid = None
    if player:
        picked = pick_player(await players_in_reach(desk.service, caller), player)
        if picked.game != wanted.game:
            game = game_name(wanted.game, locale)
            return Reply(say("redeem.other_game", locale, code=code_span(wanted.code), game=game))
        fid = picked.fid
    wished = await wish(
        desk.service,
        guild=caller.guild,
        member=caller.member,
        game=wanted.game,
        code=wanted.code,
        fid=fid,
        admin=may(caller.right, Right.ADMIN),
        owner=may(caller.right, Right.OWNER),
    )
    head = say("redeem.asked", locale, code=code_span(wanted.code), game=game_name(wanted.game, locale))
    lines = [_line(one, locale) for one in wished]
    return Reply(f"{head}\n{fitting(lines, locale, room=_ROOM)}")


def _line(wished: Wished, locale: str) -> str:
    """What became of the wish for one player."""
    who = named(wished.player, locale)
    if wished.result == "already":
        return say("redeem.has_it", locale, player=who)
    if wished.waiting:
        return say("redeem.waiting", locale, player=who)
    if wished.result == "on_its_way":
        return say("redeem.pending", locale, player=who)
    if wished.status:
        return say("redeem.again", locale, player=who, reason=reason(wished.status, locale))
    return say("redeem.wished", locale, player=who)
