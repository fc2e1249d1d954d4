"""`/history`: what became of codes, for the players that the caller may look at."""

from collections.abc import Iterable, Mapping
from heapq import nlargest

from actors.giftcodes.model import Code, Outcome, PlayerKey, Redemption
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.lists import LINES, listed, table_file
from daemon.discord.answers.scope import pick_code, pick_player, players_in_reach
from daemon.discord.locale import say
from daemon.discord.text import code_span, moment, plain
from daemon.discord.values import Caller, File, Reply
from daemon.discord.words import reason
from daemon.service import Service
from daemon.service.documents import iso
from daemon.service.history import LIMIT, newest_of

_SIGNS = {Outcome.PENDING: "⏳", Outcome.REDEEMED: "✅", Outcome.ALREADY: "☑️", Outcome.FAILED: "❌"}
_LONGEST_NAME = 80
_COLUMNS = ("game", "fid", "name", "code", "outcome", "status", "attempts", "first_at", "last_at")


async def show_history(desk: Desk, caller: Caller, code: str = "", player: str = "") -> Reply:
    """The newest first; up to a thousand in a file where they are many."""
    players = await players_in_reach(desk.service, caller)
    if not players:
        return Reply(say("history.nobody", caller.locale))
    chosen = [pick_player(players, player)] if player else players
    wanted = await pick_code(desk.service, code) if code else None
    names = {one.player_key: one.name for one in chosen}
    records = await _records(desk.service, names, wanted)
    newest = nlargest(LIMIT, records, key=_age)
    if not newest:
        return Reply(say("history.none", caller.locale))
    lines = [_line(record, names[record.player_key], caller.locale) for record in newest[:LINES]]
    text_id = "history.title.newest" if len(records) > LIMIT else "history.title"
    title = say(text_id, caller.locale, count=LIMIT)
    return listed(title, lines, caller.locale, file=lambda: _file(newest, names), total=len(newest))


async def _records(
    service: Service, players: Mapping[PlayerKey, str], wanted: Code | None
) -> list[Redemption]:
    """The players' pairs of one code, or of all codes the newest, one more than are shown."""
    if wanted is None:
        return await newest_of(service, players.keys(), LIMIT + 1)
    if len(players) > 1:
        found = await service.store.find(Redemption, game=wanted.game, code=wanted.code)
    else:
        found = [one for key in players for one in await service.store.find(Redemption, fid=key.fid)]
    return [record for record in found if record.player_key in players and record.code_key == wanted.code_key]


def _age(record: Redemption) -> tuple[float, str]:
    return (record.last_at or 0.0, record.key)


def _line(record: Redemption, name: str, locale: str) -> str:
    parts = (
        f"{_SIGNS[record.outcome]} {code_span(record.code)}",
        plain(name, _LONGEST_NAME) or record.fid,
        _said(record, locale),
        moment(record.last_at),
    )
    return " · ".join(filter(None, parts))


def _said(record: Redemption, locale: str) -> str:
    if record.outcome in {Outcome.REDEEMED, Outcome.ALREADY}:
        return say(f"history.{record.outcome.value}", locale)
    if record.outcome is Outcome.FAILED:
        text_id = "history.failed.again" if record.retries else "history.failed"
    else:
        text_id = "history.pending.after" if record.status else "history.pending"
    return say(text_id, locale, reason=reason(record.status, locale))


def _file(records: Iterable[Redemption], names: Mapping[PlayerKey, str]) -> File:
    rows = (
        (
            record.game,
            record.fid,
            names[record.player_key],
            record.code,
            record.outcome.value,
            record.status,
            record.attempts,
            iso(record.first_at) or "",
            iso(record.last_at) or "",
        )
        for record in records
    )
    return table_file("history.csv", _COLUMNS, rows)
