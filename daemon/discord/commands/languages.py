"""The names and descriptions of the commands in people's languages, as lightbulb asks for them by key.

English comes from the table of commands itself. The texts of a further language (see `locale.py`) may have
any of the keys of `english()`; keys that it leaves out are shown in English. Names are lower case, without
blanks, and have at most 32 characters; descriptions at most 100.
"""

from collections.abc import Callable, Iterable, Mapping

import hikari

from daemon.discord.commands.spec import Command
from daemon.discord.locale import translations


def name_key(path: str, option: str = "") -> str:
    """The key of a command's, a group's or an option's name."""
    return f"{_place(path, option)}.name"


def about_key(path: str, option: str = "") -> str:
    """The key of its description."""
    return f"{_place(path, option)}.about"


def _place(path: str, option: str) -> str:
    place = path.replace(" ", ".")
    return f"command.{place}:{option}" if option else f"command.{place}"


def english(commands: Iterable[Command], groups: Mapping[str, str]) -> dict[str, str]:
    """Every key and its English text."""
    texts: dict[str, str] = {}
    for path, about in groups.items():
        texts |= {name_key(path): path.split()[-1], about_key(path): about}
    for command in commands:
        texts |= {name_key(command.path): command.words[-1], about_key(command.path): command.about}
        for option in command.options:
            texts[name_key(command.path, option.name)] = option.name
            texts[about_key(command.path, option.name)] = option.about
    return texts


def provider(texts: Mapping[str, str]) -> Callable[[str], Mapping[hikari.Locale, str]]:
    """What lightbulb asks for a key: its text in every language there is one in."""

    def provide(key: str) -> Mapping[hikari.Locale, str]:
        others = {hikari.Locale(locale): text for locale, text in translations(key).items()}
        return {hikari.Locale.EN_US: texts[key], **others}

    return provide
