"""The operator's operations on the store: players, codes, guilds, history.

The functions work on any `Store`; the control socket, the command line on a stopped daemon, and later
the web page and Discord are ways to call them. Importers use the names here.
"""

from daemon.service.codes import CodeAdded, CodeRetired, add_code, list_codes, retire_code
from daemon.service.guilds import list_guilds
from daemon.service.history import PairHistory, read_history
from daemon.service.importing import ImportReport, Rewrite, import_players
from daemon.service.players import PlayerAdded, PlayerRemoved, add_player, list_players, remove_player
from daemon.service.ports import Service
from daemon.service.problems import BadFile, NotFound, Refused
from daemon.service.roster_csv import MAX_CSV_BYTES, RowFault, players_to_csv

__all__ = [
    "MAX_CSV_BYTES",
    "BadFile",
    "CodeAdded",
    "CodeRetired",
    "ImportReport",
    "NotFound",
    "PairHistory",
    "PlayerAdded",
    "PlayerRemoved",
    "Refused",
    "Rewrite",
    "RowFault",
    "Service",
    "add_code",
    "add_player",
    "import_players",
    "list_codes",
    "list_guilds",
    "list_players",
    "players_to_csv",
    "read_history",
    "remove_player",
    "retire_code",
]
