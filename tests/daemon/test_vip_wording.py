import pytest
from hypothesis import strategies as st

from actors.vip.model import AccountState, EndReason, SessionState
from actors.vip.relay_values import SAID_UNITS, FileKind, Part, Said, Say
from actors.vip.rich_text import Span, Style, plain, rich, styled, units
from actors.vip.words import Notice, Word
from daemon.discord.locale import has, say
from daemon.discord.markdown import from_markdown, markdown_units, to_markdown
from daemon.telegram.entities import to_entities
from daemon.vip_wording import notice_words, part_words, said_words
from tests.worlds.rich_texts import NASTY, WORDS, calm_texts, given_any, looks, seen

VALUES = {
    Say.STAFF: {"name": "Eve"},
    Say.MEMBER: {"name": "Ann"},
    Say.LATE: {"at": 1700000000.0},
    Say.FORWARDED: {"name": "Bob"},
    Say.VOICE: {"seconds": 72},
    Say.ROUND_VIDEO: {"seconds": 9},
    Say.STICKER: {"words": "😀"},
    Say.TOO_LARGE: {"name": "b.mp4", "size": 200 * 2**20, "limit": 50 * 2**20},
    Say.TOO_LARGE_BACK: {"name": "b.mp4", "size": 3 * 2**30, "limit": 50 * 2**20},
    Say.NO_FILE: {"kind": "voice", "name": "v.ogg"},
    Say.NO_FILE_BACK: {"kind": "file", "name": ""},
}
NOTICES = {
    Word.OPENED: {"link": "https://discord.com/channels/1/2"},
    Word.ALREADY_OPEN: {"link": "https://discord.com/channels/1/2"},
    Word.COOLING_DOWN: {"seconds": 59},
    Word.MISSING_PERMISSIONS: {"missing": "MANAGE_THREADS"},
    Word.QUEUED: {"position": 3},
    Word.WELCOME: {"member": "1"},
    Word.INACTIVITY_WARNING: {"hours": 12},
    Word.ENDED: {"reason": "staff", "staff": "Eve", "undelivered": 2},
    Word.SKIPPED: {"count": 1},
    Word.INTRODUCTION: {"name": "Ann", "member": "1", "moved": 0},
    Word.CLEAR_FOUND: {"state": "open"},
    Word.CLEAR_UNDELIVERED: {"count": 0},
    Word.CLEAR_THREAD_LEFT: {"link": "https://discord.com/channels/1/2"},
    Word.CLEAR_ACCOUNT: {"account": "desk-1"},
    Word.CLEAR_EMPTY: {"account": "desk-1"},
    Word.CLEAR_STILL: {"account": "desk-1", "state": "draining"},
    Word.ROLE_FAILED: {"reason": "the role is above mine"},
    Word.DOUBTFUL: {"member": "1", "link": "https://discord.com/channels/1/2"},
    Word.LATE_ANSWER: {"account": "desk-1"},
    Word.ACCOUNT_OUT: {"account": "desk-1", "state": "dead", "reason": "banned"},
}


@pytest.mark.parametrize("text", list(Say))
def test_every_line_has_words(text):
    assert said_words(Said.of(text, **VALUES.get(text, {})))


@pytest.mark.parametrize("word", list(Word))
def test_every_notice_has_words(word):
    assert notice_words(Notice.of(word, **NOTICES.get(word, {})))


@pytest.mark.parametrize("reason", list(EndReason))
def test_every_end_has_its_reason_in_words(reason):
    said = notice_words(Notice.of(Word.ENDED, reason=reason.value, staff="", undelivered=0)).text
    assert said.startswith("🔒")
    assert reason.value == "staff" or "_" not in said


@pytest.mark.parametrize("kind", [*FileKind, *SessionState])
def test_kinds_and_states_have_words(kind):
    assert has(f"vip.kind.{kind.value}") or has(f"vip.state.{kind.value}")


@given_any(st.sampled_from(list(VALUES)), st.one_of(WORDS, st.sampled_from(NASTY).map(lambda one: one * 99)))
def test_a_line_never_takes_more_than_its_room(text, foreign):
    values = {
        key: foreign if isinstance(value, str) and key != "kind" else value
        for key, value in VALUES[text].items()
    }
    line = said_words(Said.of(text, **values))
    assert max(markdown_units(line), units(line.text)) + 2 <= SAID_UNITS
    assert "\n" not in line.text


@given_any(WORDS)
def test_a_name_is_never_read_as_markdown(name):
    line = said_words(Said.of(Say.STAFF, name=name))
    assert [span.style for span in line.spans] == [Style.BOLD]
    assert from_markdown(to_markdown(line)).text == line.text


@given_any(calm_texts())
def test_a_relayed_text_looks_as_it_was_written(value):
    part = Part(
        before=(Said.of(Say.STAFF, name="Eve"),),
        text=value.stripped(),
        after=(Said.of(Say.VOICE, seconds=3),),
    )
    found, wanted = looks(part_words(part)), looks(value)
    assert any(found[i : i + len(wanted)] == wanted for i in range(len(found) - len(wanted) + 1))


def test_staffs_names_stand_before_their_text():
    part = Part(before=(Said.of(Say.STAFF, name="Eve"),), text=plain("hello"))
    assert to_markdown(part_words(part)) == "🛡 **Eve:** hello"
    assert to_entities(part_words(part))[0] == "🛡 Eve: hello"


def test_a_quote_begins_on_a_line_of_its_own():
    part = Part(before=(Said.of(Say.STAFF, name="Eve"),), text=styled("hello", Style.QUOTE))
    assert to_markdown(part_words(part)) == "🛡 **Eve:**\n> hello"


def test_late_messages_say_when_they_were_written():
    part = Part(
        before=(Said.of(Say.STAFF, name="Eve"), Said.of(Say.LATE, at=1700000000)), text=plain("hello")
    )
    assert to_markdown(part_words(part)) == "🛡 **Eve:**\n🕓 *from 22:13 UTC, while perkd was away*\nhello"


def test_a_large_file_is_told_with_its_size():
    part = Part(
        text=rich("see", Span(0, 3, Style.BOLD)), after=(Said.of(Say.TOO_LARGE, **VALUES[Say.TOO_LARGE]),)
    )
    assert part_words(part).text == "see\n📎 b.mp4 (200 MiB) is not here: it is over the limit of 50 MiB."
    back = said_words(Said.of(Say.TOO_LARGE_BACK, **VALUES[Say.TOO_LARGE_BACK])).text
    assert back == "📎 b.mp4 (3 GiB) was not passed on: it is over the limit of 50 MiB."


def test_a_link_can_be_clicked():
    notice = Notice.of(Word.OPENED, link="https://discord.com/channels/1/2")
    assert (
        to_markdown(notice_words(notice)) == "✅ Your VIP thread is open: <https://discord.com/channels/1/2>"
    )


def test_numbers_are_counted():
    assert "1 message " in notice_words(Notice.of(Word.SKIPPED, count=1)).text
    assert "3 messages " in notice_words(Notice.of(Word.SKIPPED, count=3)).text
    assert "in 12 hours" in notice_words(Notice.of(Word.INACTIVITY_WARNING, hours=12)).text
    assert "had been delivered" in notice_words(Notice.of(Word.CLEAR_UNDELIVERED, count=0)).text
    ended = notice_words(Notice.of(Word.ENDED, reason="staff", staff="Eve", undelivered=2)).text
    assert seen("Eve of the staff ended it") in seen(ended)
    assert "2 messages could not be delivered" in ended


def test_a_session_that_moved_is_introduced_as_that():
    assert "goes on here" in notice_words(Notice.of(Word.INTRODUCTION, name="Ann", member="1", moved=1)).text


@pytest.mark.parametrize(
    ("seconds", "time"),
    [(1, "1 second"), (58, "58 seconds"), (120, "120 seconds"), (121, "3 minutes"), (7201, "3 hours")],
)
def test_a_time_to_wait_is_told_in_words_and_never_too_short(seconds, time):
    said = notice_words(Notice.of(Word.COOLING_DOWN, seconds=seconds)).text
    assert said == f"Your last VIP thread ended just now. You can open a new one in {time}."


@pytest.mark.parametrize("reason", list(EndReason))
def test_who_may_open_another_thread_is_told_how(reason):
    said = notice_words(Notice.of(Word.ENDED, reason=reason.value, staff="Eve", undelivered=0)).text
    for_good = reason in {EndReason.COMPLETED, EndReason.LEFT_GUILD, EndReason.FORGOTTEN}
    assert said.endswith("press the button that you opened it with.") is not for_good


@pytest.mark.parametrize("state", list(AccountState))
def test_staff_read_the_state_of_an_account_in_words(state):
    said = notice_words(Notice.of(Word.ACCOUNT_OUT, account="desk-1", state=state.value, reason="so")).text
    assert said == f"⚠️ The Telegram account desk-1 is {say(f'vip.account_state.{state.value}')}: so"
