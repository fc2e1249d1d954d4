"""The slash commands, all of them."""

from collections.abc import Mapping, Sequence

from actors.giftcodes.model import CodeState
from daemon.discord import completing
from daemon.discord.answers import (
    audit,
    codes,
    erasing,
    history,
    importing,
    players,
    redeeming,
    settings,
    status,
)
from daemon.discord.commands.spec import Answer, Command, Kind, Option
from daemon.discord.commands.table_vip import VIP_COMMANDS
from daemon.discord.completing import Suggest
from daemon.discord.values import Choice, Right
from daemon.discord.words import game_label, state_word

GROUPS = {
    "players": "The players that codes are redeemed for",
    "codes": "The gift codes that perkd knows",
    "manage": "Set perkd up for this server",
    "manage giftcode": "Where codes are posted, and for whom they are redeemed",
    "perkd": "How perkd is doing, and what belongs to all of it",
    "perkd players": "Players, many at once",
    "vip": "VIP threads: a private way to the VIP desk",
}
"""Commands with several words: what stands above them."""

MOST_CHOICES = 25
LONGEST_NAME = 64
LONGEST_VALUE = 100
HIGHEST = 1000


def commands_for(games: Mapping[str, str], *, vip: bool = False) -> tuple[Command, ...]:
    """The commands, in the order of the documentation.

    Args:
        games: the configured ones, name → protocol.
        vip: VIP threads are switched on.
    """
    names = tuple(games)
    needs_state = all(protocol == "v2" for protocol in games.values())
    return (
        *_members_commands(names, needs_state=needs_state),
        *_codes_commands(names),
        *_manage_commands(names),
        *_perkd_commands(),
        *(VIP_COMMANDS if vip else ()),
    )


def _game(games: Sequence[str], about: str) -> Option:
    """The game: to be chosen; where there is but one, it can be left out."""
    choices = tuple(Choice(game_label(game), game) for game in games)
    if len(choices) > MOST_CHOICES:
        return Option("game", about, suggest=completing.games)
    return Option("game", about, choices=choices, required=len(choices) != 1)


def _player(about: str, *, required: bool = False, suggest: Suggest = completing.reachable_players) -> Option:
    return Option("player", about, suggest=suggest, required=required, longest=LONGEST_VALUE)


def _members_commands(games: Sequence[str], *, needs_state: bool) -> tuple[Command, ...]:
    return (
        Command(
            "register",
            "Register a player of yours: codes are redeemed for it from then on",
            players.register,
            (
                _game(games, "Which game it plays"),
                Option("fid", "The player's id, as its profile page in the game shows it", longest=40),
                Option(
                    "state", "The number of the player's state or kingdom", required=needs_state, longest=20
                ),
                Option("name", "What you call the player", required=False, longest=LONGEST_NAME),
                Option("mention", "Mention me when a code is done", Kind.FLAG, required=False),
            ),
            in_guild=True,
        ),
        Command(
            "unregister",
            "Stop redeeming for a player of yours; admins: for anybody's of this server",
            players.unregister,
            (_player("Which player", required=True, suggest=completing.removable_players),),
        ),
        Command("players mine", "The players that you registered", players.show_mine),
        Command(
            "players all",
            "Everybody's players on this server",
            players.show_all,
            right=Right.ADMIN,
            in_guild=True,
        ),
        Command(
            "redeem",
            "Redeem a code for your players now, also where that is not done automatically",
            redeeming.redeem,
            (
                Option("code", "Which code", suggest=completing.live_codes, longest=LONGEST_VALUE),
                _player("For this player only"),
            ),
        ),
        Command(
            "history",
            "What became of codes, for your players; admins: for this server's",
            history.show_history,
            (
                Option(
                    "code",
                    "Only this code",
                    suggest=completing.all_codes,
                    required=False,
                    longest=LONGEST_VALUE,
                ),
                _player("Only this player"),
            ),
        ),
        Command("forget", "Show what perkd knows of you, and have it erased", erasing.ask),
    )


def _codes_commands(games: Sequence[str]) -> tuple[Command, ...]:
    states = tuple(Choice(state_word(state), state.value) for state in CodeState)
    game = _game(games, "Only codes of this game")
    return (
        Command(
            "codes list",
            "The codes that there are, live ones first",
            codes.show_codes,
            (
                Option(game.name, game.about, choices=game.choices, suggest=game.suggest, required=False),
                Option("state", "Only codes in this state", choices=states, required=False),
            ),
        ),
        Command(
            "codes add",
            "Add a code by hand; one that has ended is tried again",
            codes.add,
            (
                Option("code", "The code, exactly as the game spells it", longest=LONGEST_VALUE),
                _game(games, "Which game it is for"),
            ),
            right=Right.ADMIN,
        ),
        Command(
            "codes retire",
            "End a code for everybody, on all servers",
            codes.retire,
            (Option("code", "Which code", suggest=completing.live_codes, longest=LONGEST_VALUE),),
            right=Right.OWNER,
        ),
    )


def _admins(path: str, about: str, answer: Answer, *options: Option, right: Right = Right.ADMIN) -> Command:
    return Command(path, about, answer, options, right, in_guild=True)


_CHANNEL = Option("channel", "Which channel; otherwise the one this is used in", Kind.CHANNEL, required=False)
_ON = Option("on", "True switches it on, False off", Kind.FLAG)


def _manage_commands(games: Sequence[str]) -> tuple[Command, ...]:
    return (
        *_posting_commands(games),
        *_redeeming_commands(),
        *_watching_commands(games),
        _admins("manage giftcode show", "Everything that is set up for this server", settings.show),
        Command("manage audit", "Who changed what, the newest first", audit.show_audit, right=Right.ADMIN),
    )


def _posting_commands(games: Sequence[str]) -> tuple[Command, ...]:
    some = Option(
        "games",
        "Only codes of these games, with commas between; otherwise of all",
        required=False,
        longest=200,
    )
    return (
        _admins(
            "manage giftcode setchannel",
            "Post codes to a channel from now on",
            settings.set_channel,
            _CHANNEL,
            *([some] if len(games) > 1 else []),
        ),
        _admins(
            "manage giftcode removechannel",
            "Post no more codes to a channel",
            settings.remove_channel,
            _CHANNEL,
        ),
        _admins(
            "manage giftcode summary",
            "Whether members who asked for it are mentioned when a code is done",
            settings.set_summary,
            _ON,
        ),
    )


def _redeeming_commands() -> tuple[Command, ...]:
    return (
        _admins(
            "manage giftcode autoredeem",
            "Whether codes are redeemed automatically for this server's players",
            settings.set_auto_redeem,
            _ON,
        ),
        _admins(
            "manage giftcode priority",
            "Which servers are served first; only perkd's owners may decide that",
            settings.set_priority,
            Option(
                "priority", "0 unless set; higher ones come first", Kind.WHOLE, least=-HIGHEST, most=HIGHEST
            ),
            right=Right.OWNER,
        ),
        _admins(
            "manage giftcode pause",
            "Redeem nothing for this server's players until it is resumed",
            settings.pause,
        ),
        _admins("manage giftcode resume", "Redeem again after a pause", settings.resume),
    )


def _watching_commands(games: Sequence[str]) -> tuple[Command, ...]:
    return (
        _admins(
            "manage giftcode watch",
            "Read codes from the messages of a channel",
            settings.watch,
            _CHANNEL,
            _game(games, "The game that the channel's codes are for"),
        ),
        _admins(
            "manage giftcode unwatch",
            "Read no more codes from a channel",
            settings.unwatch,
            _CHANNEL,
        ),
    )


def _perkd_commands() -> tuple[Command, ...]:
    return (
        Command(
            "perkd status",
            "How perkd is doing: for its owners all of it, for admins their server's part",
            status.show_status,
            right=Right.ADMIN,
        ),
        Command(
            "perkd players import",
            "Register the players of a CSV file: game,fid,state,name",
            importing.import_file,
            (Option("file", "The file; each line that can't be taken is named", Kind.FILE),),
            right=Right.ADMIN,
        ),
    )
