"""Which languages there are, and how a text is said in one. English is complete and stands in for the rest.

    say("button.register", caller.locale)
    say_count("code.for", 12, caller.locale)

`translations` is for the names and descriptions that Discord itself translates.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from attrs import frozen

from daemon.discord.locale_en import TEXTS
from daemon.discord.locale_en_answers import ANSWERS
from daemon.discord.locale_en_buttons import BUTTONS
from daemon.discord.locale_en_vip import VIP

DEFAULT = "en-US"


@frozen
class Language:
    """The texts of a language by id, and which form of a counted text goes with a number."""

    texts: Mapping[str, str]
    form: Callable[[int], str]
    """`one`, `few`, `many` or `other`, as the Unicode plural rules have it."""


ENGLISH = Language(
    MappingProxyType({**TEXTS, **ANSWERS, **BUTTONS, **VIP}), lambda count: "one" if count == 1 else "other"
)

LANGUAGES: Mapping[str, Language] = MappingProxyType({"en": ENGLISH})
"""By Discord's locale (`pt-BR`), or its language alone (`pt`)."""


def say(text_id: str, locale: str = DEFAULT, /, **values: object) -> str:
    """The text with this id, its `{…}` filled in. Values are not looked into: braces in them stay.

    Raises `KeyError` for an id that English does not have, or a value that is missing.
    """
    return _text(text_id, locale).format_map(values)


def say_count(text_id: str, count: int, locale: str = DEFAULT, /, **values: object) -> str:
    """The form of the text that goes with the number; `{count}` is filled in as well."""
    form = f"{text_id}.{_language(locale).form(count)}"
    known = has(form, locale)
    return say(form if known else f"{text_id}.other", locale, count=count, **values)


def has(text_id: str, locale: str = DEFAULT) -> bool:
    """Whether there is a text with this id, in this language or in English."""
    return text_id in _language(locale).texts or text_id in ENGLISH.texts


def translations(text_id: str) -> dict[str, str]:
    """The text in each language but English, by Discord's locale."""
    return {
        locale: language.texts[text_id]
        for locale, language in LANGUAGES.items()
        if language is not ENGLISH and text_id in language.texts
    }


def _text(text_id: str, locale: str) -> str:
    texts = _language(locale).texts
    return texts[text_id] if text_id in texts else ENGLISH.texts[text_id]


def _language(locale: str) -> Language:
    return LANGUAGES.get(locale) or LANGUAGES.get(locale.partition("-")[0]) or ENGLISH
