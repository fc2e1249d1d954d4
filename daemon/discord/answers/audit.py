"""`/manage audit`: who changed what."""

from collections.abc import Iterable

from actors.giftcodes.model import Audit
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.lists import LINES, listed, member_link, table_file
from daemon.discord.locale import say
from daemon.discord.text import code_span, moment, plain
from daemon.discord.values import Caller, File, Reply
from daemon.service.audit import list_audit
from daemon.service.documents import iso

_COLUMNS = ("at", "member", "action", "details")
_LONGEST = 300


async def show_audit(desk: Desk, caller: Caller) -> Reply:
    """The guild's changes, the newest first; for owners in a direct message those of no guild."""
    where = "" if caller.guild else ".direct"
    entries = await list_audit(desk.service, caller.guild)
    if not entries:
        return Reply(say(f"audit.none{where}", caller.locale))
    lines = [_line(entry, caller.locale) for entry in entries[:LINES]]
    title = say(f"audit.title{where}", caller.locale)
    return listed(title, lines, caller.locale, file=lambda: _file(entries), total=len(entries))


def _line(entry: Audit, locale: str) -> str:
    parts = (
        moment(entry.at),
        _who(entry.member, locale),
        code_span(entry.action),
        plain(entry.details, _LONGEST),
    )
    return " · ".join(filter(None, parts))


def _who(member: str, locale: str) -> str:
    return member_link(member) if member else say("audit.erased", locale)


def _file(entries: Iterable[Audit]) -> File:
    rows = ((iso(one.at) or "", one.member, one.action, one.details) for one in entries)
    return table_file("audit.csv", _COLUMNS, rows)
