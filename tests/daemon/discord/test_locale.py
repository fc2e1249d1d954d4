import string

import pytest

from actors.giftcodes.model import UNKNOWN_PREFIX, CodeState, Status
from daemon.discord import locale
from daemon.discord.locale import ENGLISH, Language, has, say, say_count, translations
from daemon.discord.words import game_label, game_name, reason, state_word


@pytest.fixture
def polish(monkeypatch):
    def form(count):
        return "one" if count == 1 else "few" if count < 5 else "many"

    texts = {
        "button.register": "Zarejestruj",
        "code.for.few": "Dla {count} graczy.",
        "code.for.other": "{count}.",
    }
    monkeypatch.setattr(locale, "LANGUAGES", {"en": ENGLISH, "pl": Language(texts, form)})


def _values(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_has_ids_and_values_of_the_english_texts():
    for language in locale.LANGUAGES.values():
        for text_id, text in language.texts.items():
            assert has(text_id)
            assert _values(text) <= _values(ENGLISH.texts[text_id])


def test_a_language_that_is_not_there_is_english():
    assert say("button.register", "xx-YY") == "Register"
    assert say("button.register", "") == "Register"


def test_a_translated_text_is_said_in_the_members_language(polish):
    assert say("button.register", "pl") == "Zarejestruj"
    assert say("button.redeem", "pl-PL") == "Redeem for me"
    assert translations("button.register") == {"pl": "Zarejestruj"}
    assert translations("button.redeem") == {}


def test_a_number_is_said_in_the_form_of_its_language(polish):
    assert say_count("code.for", 1) == "Redeeming it for 1 player of this server."
    assert say_count("code.for", 2) == "Redeeming it for 2 players of this server."
    assert say_count("code.for", 3, "pl") == "Dla 3 graczy."
    assert say_count("code.for", 9, "pl") == "9."


def test_braces_in_a_value_are_left_alone():
    assert say("code.source", source="{evil!r} {0}") == "Source: {evil!r} {0}"


def test_an_unknown_id_or_a_missing_value_is_an_error_of_ours():
    with pytest.raises(KeyError):
        say("no.such.id")
    with pytest.raises(KeyError):
        say("code.source")


@pytest.mark.parametrize("status", [status.value for status in Status])
def test_every_status_word_is_said_in_words(status):
    assert status not in reason(status)
    assert "does not know" not in reason(status)


def test_a_wrong_state_comes_with_the_way_out():
    assert "`/register`" in reason(Status.WRONG_STATE)


def test_an_answer_that_perkd_does_not_know_is_shown_harmlessly():
    assert reason(UNKNOWN_PREFIX + "NOT **TODAY** @everyone").endswith(
        "(NOT \\*\\*TODAY\\*\\* @\u200beveryone)"
    )
    assert reason(UNKNOWN_PREFIX).endswith("(?)")
    assert reason("FROM_THE_FUTURE").endswith(r"(FROM\_THE\_FUTURE)")
    assert reason("unknown").endswith("(unknown)")
    assert reason("") == "not tried yet"


@pytest.mark.parametrize("state", list(CodeState))
def test_every_state_of_a_code_has_a_word(state):
    assert state_word(state)


def test_games_are_called_as_players_call_them():
    assert game_name("wos") == game_label("wos") == "Whiteout Survival"
    assert game_name("my_game") == r"my\_game"
    assert game_label("my_game") == "my_game"
    assert game_name("\u200b") == "?"
