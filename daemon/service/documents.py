"""The JSON documents that operators and scripts read. Their shapes are documented and stable."""

from datetime import UTC, datetime
from typing import Any

from attrs import asdict

from actors.giftcodes.model import Code, Guild, Player
from daemon.service.codes import CodeAdded, CodeRetired
from daemon.service.history import PairHistory
from daemon.service.importing import ImportReport
from daemon.service.players import PlayerAdded, PlayerRemoved

Document = dict[str, Any]


def iso(at: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC, to the second; None for what is no date, as a source may claim."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return None


def player_document(player: Player) -> Document:
    """One entry of `perkd players list --json`."""
    return {
        "game": player.game,
        "fid": player.fid,
        "state": player.state,
        "name": player.name,
        "auto_redeem": player.auto_redeem,
    }


def player_added_document(added: PlayerAdded) -> Document:
    """The answer to adding a player."""
    return {
        "result": added.result,
        "player": player_document(added.player),
        "changes": list(added.changes),
    }


def player_removed_document(removed: PlayerRemoved) -> Document:
    """The answer to removing a player."""
    return {"player": player_document(removed.player), "registrations": removed.registrations}


def import_document(report: ImportReport) -> Document:
    """The answer to an import."""
    document: Document = asdict(report)
    return document


def code_document(code: Code) -> Document:
    """One entry of `perkd codes list --json`."""
    return {
        "game": code.game,
        "code": code.code,
        "state": code.state.value,
        "source": code.source,
        "first_seen": iso(code.first_seen),
        "expires": iso(code.expires),
    }


def code_added_document(added: CodeAdded) -> Document:
    """The answer to adding a code."""
    return {"result": added.result, "code": code_document(added.code), "problem": added.problem}


def code_retired_document(retired: CodeRetired) -> Document:
    """The answer to retiring a code."""
    return {"result": retired.result, "code": code_document(retired.code)}


def guild_document(guild: Guild) -> Document:
    """One entry of `perkd guilds list --json`."""
    return {
        "id": guild.id,
        "name": guild.name,
        "priority": guild.priority,
        "channels": [
            {"id": channel.id, "since": iso(channel.since), "games": list(channel.games)}
            for channel in guild.channels
        ],
    }


def history_document(row: PairHistory) -> Document:
    """One entry of `perkd history --json`."""
    record = row.record
    return {
        "game": record.game,
        "fid": record.fid,
        "name": row.name,
        "code": record.code,
        "outcome": record.outcome.value,
        "status": record.status,
        "attempts": record.attempts,
        "first_at": iso(record.first_at),
        "last_at": iso(record.last_at),
    }
