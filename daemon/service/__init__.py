"""Operations on the store: players, codes, guilds, history; members' registrations and wishes.

The functions work on any `Store`; the control socket, the command line on a stopped daemon and Discord's
commands are ways to call them. What an admin sets up for a guild is in `guild_settings`.
"""

from daemon.service.audit import By, list_audit
from daemon.service.codes import CodeAdded, CodeRetired, add_code, list_codes, retire_code
from daemon.service.erasure import Known, forget, what_is_known
from daemon.service.guilds import list_guilds, remove_board_channel, set_board_channel
from daemon.service.history import PairHistory, read_history
from daemon.service.importing import ImportReport, Rewrite, import_players
from daemon.service.members import (
    Registered,
    Roster,
    Unregistered,
    list_guild,
    list_mine,
    register_player,
    unregister,
)
from daemon.service.players import PlayerAdded, PlayerRemoved, add_player, list_players, remove_player
from daemon.service.ports import Service, VerifyPlayer
from daemon.service.problems import BadFile, NotFound, Refused
from daemon.service.roster_csv import MAX_CSV_BYTES, RowFault, players_to_csv
from daemon.service.vip_blocks import Blocked, Unblocked, block_member, count_blocks, unblock_member
from daemon.service.wishes import Wished, wish

__all__ = [
    "MAX_CSV_BYTES",
    "BadFile",
    "Blocked",
    "By",
    "CodeAdded",
    "CodeRetired",
    "ImportReport",
    "Known",
    "NotFound",
    "PairHistory",
    "PlayerAdded",
    "PlayerRemoved",
    "Refused",
    "Registered",
    "Rewrite",
    "Roster",
    "RowFault",
    "Service",
    "Unblocked",
    "Unregistered",
    "VerifyPlayer",
    "Wished",
    "add_code",
    "add_player",
    "block_member",
    "count_blocks",
    "forget",
    "import_players",
    "list_audit",
    "list_codes",
    "list_guild",
    "list_guilds",
    "list_mine",
    "list_players",
    "players_to_csv",
    "read_history",
    "register_player",
    "remove_board_channel",
    "remove_player",
    "retire_code",
    "set_board_channel",
    "unblock_member",
    "unregister",
    "what_is_known",
    "wish",
]
