"""`/forget`: what perkd knows of a member, and its erasure once the member has confirmed it."""

from daemon.discord.answers.desk import Desk
from daemon.discord.answers.lists import fitting
from daemon.discord.answers.players import named
from daemon.discord.custom_ids import forget_id
from daemon.discord.locale import say, say_count
from daemon.discord.values import Button, Caller, Reply, Style
from daemon.service.erasure import Known, forget, what_is_known

_ROOM = 600
_COUNTED = ("redemptions", "calls", "wishes", "channels", "mentions")
_COUNTED_OF_VIP = ("sessions", "closed", "crossings", "ended", "ending")


async def ask(desk: Desk, caller: Caller) -> Reply:
    """Tell what would be erased, with the button that does it."""
    known = await what_is_known(desk.service, caller.member)
    if known.is_nothing:
        return Reply(_nothing(known, caller.locale))
    button = Button(forget_id(), say("forget.confirm", caller.locale), Style.DANGER)
    head, tail = say("forget.head", caller.locale), say("forget.tail", caller.locale)
    lines = [head, *_known(known, caller.locale), *_kept(known, caller.locale), tail]
    return Reply("\n".join(lines), buttons=(button,))


async def erase(desk: Desk, caller: Caller) -> Reply:
    """Erase all that is known of the caller, in every guild."""
    known = await forget(desk.service, caller.member)
    if known.is_nothing:
        return Reply(_nothing(known, caller.locale))
    lines = [say("forget.done", caller.locale), *_known(known, caller.locale), *_kept(known, caller.locale)]
    return Reply("\n".join(lines))


def _known(known: Known, locale: str) -> list[str]:
    """What it is, kind by kind."""
    lines: list[str] = []
    for text_id, players in (("forget.players", known.players), ("forget.shared", known.shared)):
        if players:
            lines.append(say_count(text_id, len(players), locale))
            lines.append(fitting([f"  • {named(one, locale)}" for one in players], locale, room=_ROOM))
    counted = [(kind, getattr(known, kind)) for kind in _COUNTED]
    counted += [(kind, getattr(known.vip, kind)) for kind in _COUNTED_OF_VIP]
    counted.append(("audits", known.audits))
    return lines + [say_count(f"forget.{kind}", number, locale) for kind, number in counted if number]


def _kept(known: Known, locale: str) -> list[str]:
    """What stays, and why."""
    return [say_count("forget.blocks", known.vip.blocks, locale)] if known.vip.blocks else []


def _nothing(known: Known, locale: str) -> str:
    return "\n".join(_kept(known, locale)) or say("forget.nothing", locale)
