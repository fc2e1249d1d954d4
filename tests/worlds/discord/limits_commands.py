"""What Discord accepts of application commands.

See https://discord.com/developers/docs/interactions/application-commands.
"""

import re

from tests.worlds.discord.errors import Form, Json
from tests.worlds.discord.limits_text import check_list, check_text, length

COMMANDS, OPTIONS, CHOICES, NAME, DESCRIPTION, CHOICE, TOTAL = 100, 25, 25, 32, 100, 100, 8000

SUBCOMMAND, GROUP = 1, 2
_KINDS = range(1, 12)
_WITH_CHOICES = (3, 4, 10)
_CHAT_INPUT = 1
_NAME = re.compile(r"[-_'\w]{1,32}", re.UNICODE)
LOCALES = frozenset(
    {"id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl"}
    | {"pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja"}
    | {"zh-TW", "ko"}
)


def check_commands(commands: list[Json]) -> None:
    """Refuse (50035) a list of commands that would replace all."""
    form = Form()
    if len(commands) > COMMANDS:
        form.wrong("BASE_TYPE_MAX_LENGTH", f"Must be {COMMANDS} or fewer in length.")
    names: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        with form.within(index):
            _check_command(form, command)
            name = (command.get("type") or _CHAT_INPUT, str(command.get("name")))
            if name in names:
                form.wrong(
                    "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique", "name"
                )
            names.add(name)
    form.refuse()


def check_command(command: Json) -> None:
    """Refuse (50035) one command."""
    form = Form()
    _check_command(form, command)
    form.refuse()


def _check_command(form: Form, command: Json) -> None:
    if (command.get("type") or _CHAT_INPUT) == _CHAT_INPUT:
        _check_names(form, command)
        _check_options(form, command, depth=0)
    else:
        check_text(form, command, "name", NAME, least=1, required=True)
    if _size(command) > TOTAL:
        message = f"Command exceeds maximum size ({TOTAL})"
        form.wrong("APPLICATION_COMMAND_TOO_LARGE", message)


def _check_names(form: Form, one: Json) -> None:
    name = check_text(form, one, "name", NAME, least=1, required=True)
    if name and (not _NAME.fullmatch(name) or name != name.lower()):
        form.wrong("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid", "name")
    check_text(form, one, "description", DESCRIPTION, least=1, required=True)
    for key, most in (("name_localizations", NAME), ("description_localizations", DESCRIPTION)):
        with form.within(key):
            for locale in one.get(key) or {}:
                if locale not in LOCALES:
                    form.wrong("ENUM_TYPE_COERCE", f'Value "{locale}" is not a valid enum value.', locale)
                check_text(form, one[key], locale, most, least=1)


def _check_options(form: Form, parent: Json, *, depth: int) -> None:
    options = check_list(form, parent, "options", OPTIONS)
    names = [option.get("name") for option in options]
    optional = False
    for index, option in enumerate(options):
        with form.within("options", index):
            _check_option(form, option, depth)
            if names.index(option.get("name")) < index:
                form.wrong(
                    "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists", "name"
                )
            if option.get("required") and optional:
                message = "Required options must be placed before non-required options"
                form.wrong("APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
            optional |= not option.get("required")


def _check_option(form: Form, option: Json, depth: int) -> None:
    kind = option.get("type")
    _check_names(form, option)
    if kind not in _KINDS:
        form.wrong("BASE_TYPE_CHOICES", f"Value must be one of {tuple(_KINDS)}.", "type")
    if kind in (SUBCOMMAND, GROUP):
        if depth > 1 or (kind == GROUP and depth):
            form.wrong(
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command option types can't be nested", "type"
            )
        _check_options(form, option, depth=depth + (1 if kind == GROUP else 2))
        return
    choices = check_list(form, option, "choices", CHOICES)
    if option.get("autocomplete") and (choices or kind not in _WITH_CHOICES):
        message = "Autocomplete is for options with free text or numbers only"
        form.wrong("APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", message, "autocomplete")
    for index, choice in enumerate(choices):
        with form.within("choices", index):
            check_text(form, choice, "name", CHOICE, least=1, required=True)
            if isinstance(choice.get("value"), str):
                check_text(form, choice, "value", CHOICE, least=1, required=True)


def _size(one: Json) -> int:
    own = sum(length(str(one.get(key) or "")) for key in ("name", "description"))
    choices = sum(length(str(c.get("name"))) + length(str(c.get("value"))) for c in one.get("choices") or [])
    return own + choices + sum(_size(option) for option in one.get("options") or [])
