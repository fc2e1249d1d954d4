"""The adapters of the `GameAPI` port: the games' web API, protocols `v1` and `v2`."""

from daemon.gameapi.opening import build_client, build_game_api, open_game_api
from daemon.gameapi.settings import GameSettings, ProtocolVersion
from daemon.gameapi.signing import check_fid

__all__ = [
    "GameSettings",
    "ProtocolVersion",
    "build_client",
    "build_game_api",
    "check_fid",
    "open_game_api",
]
