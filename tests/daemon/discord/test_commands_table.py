"""The table of commands: within Discord's limits, registered as it says, and documented."""

import re
from collections.abc import Mapping
from pathlib import Path

import hikari
import pytest

from daemon.discord.commands.languages import english, provider
from daemon.discord.commands.spec import Command, Kind, Option
from daemon.discord.commands.table import GROUPS, commands_for
from daemon.discord.locale import say
from daemon.discord.locale_en_answers import ANSWERS
from daemon.discord.values import Right
from tests.worlds.discord_commands import open_place
from tests.worlds.vip_counter import open_live_counter

PAGE = Path(__file__).parents[3] / "docs" / "discord-commands.md"
SEVERAL = {"wos": "v2", "ks": "v1"}
WORDS = {
    Right.MEMBER: "Everybody, in a server",
    Right.ADMIN: "Admins, in a server",
    Right.OWNER: "Owners, in a server",
}
STAFFS = {Right.MEMBER: "VIP staff, in a server", Right.ADMIN: "Admins and VIP staff, in a server"}


def sections() -> dict[str, str]:
    """The page's part for each command, by its path."""
    parts = re.split(r"^### `/(.+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> list[tuple[str, bool, str]]:
    """The options in a section: name, whether it is required, description."""
    found = re.findall(r"^\| (\*?)`(\w+)`\*? \| (.+) \|$", section, flags=re.MULTILINE)
    return [(name, not italic, about) for italic, name, about in found]


def test_every_command_has_its_part_of_the_page_in_this_order() -> None:
    documented = list(sections())

    assert sorted(documented) == sorted(command.path for command in commands_for(SEVERAL, vip=True))


@pytest.mark.parametrize(
    "command", commands_for({"wos": "v2", "ks": "v2"}, vip=True), ids=lambda one: one.path
)
def test_the_page_tells_options_and_who_may(command: Command) -> None:
    section = sections()[command.path]

    assert sorted(rows(section)) == sorted((one.name, one.required, one.about) for one in command.options)
    who = next(line for line in section.splitlines() if line)
    assert who.startswith((STAFFS if command.staff else WORDS)[command.right])
    assert ("direct message" in who) == (not command.in_guild)


@pytest.mark.parametrize("games", [{}, {"wos": "v2"}, SEVERAL, {f"g{n}": "v2" for n in range(40)}], ids=len)
def test_names_and_descriptions_are_within_discords_limits(games: Mapping[str, str]) -> None:
    commands = commands_for(games, vip=True)

    for key, text in english(commands, GROUPS).items():
        assert 1 <= len(text) <= (32 if key.endswith(".name") else 100), key
        assert not key.endswith(".name") or re.fullmatch(r"[a-z]+", text), key
    for command in commands:
        assert 1 <= len(command.words) <= 3
        assert len(command.options) <= 25
        assert all(len(option.choices) <= 25 for option in command.options)
        required = [option.required for option in command.options]
        assert required == sorted(required, reverse=True), command.path


def test_with_one_game_nobody_is_asked_which() -> None:
    options = {one.name: one for command in commands_for({"wos": "v1"}) for one in command.options}

    assert not options["game"].required
    assert not options["state"].required


def test_of_very_many_games_the_fitting_ones_are_suggested() -> None:
    games = {f"g{n}": "v2" for n in range(40)}
    option = next(one for command in commands_for(games) for one in command.options if one.name == "game")

    assert option.required
    assert option.choices == ()
    assert option.suggest is not None


def test_a_translation_stands_beside_the_english_text(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "command.players.mine.about"
    german = {key: {"de": "Deine Spieler"}}
    monkeypatch.setattr("daemon.discord.commands.languages.translations", lambda one: german.get(one, {}))

    provide = provider(english(commands_for(SEVERAL), GROUPS))

    assert provide(key)[hikari.Locale.DE] == "Deine Spieler"
    assert provide("command.players.mine.name") == {hikari.Locale.EN_US: "mine"}


async def test_discord_gets_to_know_all_of_it() -> None:
    async with open_live_counter() as counter:
        registered = {command["name"]: command for command in counter.discord.commands}

        for command in commands_for(SEVERAL, vip=True):
            found = registered[command.words[0]]
            for word in command.words[1:]:
                found = next(one for one in found["options"] if one["name"] == word)
            assert found["description"] == command.about
            assert [_as_sent(option) for option in command.options] == [
                (one["name"], one["description"], one.get("required", False), one["type"])
                for one in found.get("options", ())
            ]


_TYPES = {Kind.TEXT: 3, Kind.WHOLE: 4, Kind.FLAG: 5, Kind.MEMBER: 6, Kind.CHANNEL: 7, Kind.FILE: 11}


def _as_sent(option: Option) -> tuple[str, str, bool, int]:
    return (option.name, option.about, option.required, _TYPES[option.kind])


def test_without_vip_threads_there_are_no_commands_for_them() -> None:
    paths = [command.path for command in commands_for(SEVERAL)]

    assert not [path for path in paths if path.startswith("vip")]
    assert [path for path in (one.path for one in commands_for(SEVERAL, vip=True)) if path not in paths] == [
        "vip end",
        "vip clear",
        "vip complete",
        "vip block",
        "vip unblock",
        "vip status",
        "vip panel",
    ]


async def test_where_only_managers_are_admins_others_are_not_shown_what_they_may_not() -> None:
    async with open_place(staffed=False) as place:
        shown_to = {one["name"]: one.get("default_member_permissions") for one in place.discord.commands}

    assert shown_to["manage"] == 1 << 5
    assert shown_to["register"] is None


async def test_where_roles_are_trusted_discord_shows_everything_to_everybody() -> None:
    async with open_place() as place:
        assert {one.get("default_member_permissions") for one in place.discord.commands} == {None}


async def test_commands_that_need_a_server_are_not_offered_in_direct_messages() -> None:
    async with open_place() as place:
        contexts = {one["name"]: one["contexts"] for one in place.discord.commands}

        assert {tuple(one["integration_types"]) for one in place.discord.commands} == {(0,)}

    assert contexts["register"] == [0]
    assert contexts["manage"] == [0, 1]  # for owners, its audit log; the rest of it says where it belongs
    assert contexts["history"] == [0, 1]


def test_every_text_of_an_answer_can_be_said() -> None:
    class Anything(dict[str, object]):
        def __missing__(self, key: str) -> int:
            return 7

    for text_id, text in ANSWERS.items():
        assert text.format_map(Anything()).strip(), text_id
    assert say("list.more", "xx-YY", count=3) == "… and 3 more"
