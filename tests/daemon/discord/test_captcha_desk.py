import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from daemon.discord.captcha_desk import LONGEST, CaptchaDesk, Taken, clean_answer

SECRET = "aB3d"


@given(st.text())
def test_an_answer_is_cleaned_once_and_for_all(text: str) -> None:
    cleaned = clean_answer(text)
    assert clean_answer(cleaned) == cleaned
    assert not any(char.isspace() for char in cleaned)
    assert len(cleaned) <= LONGEST


def test_an_answer_keeps_its_case_and_loses_what_pasting_added() -> None:
    assert clean_answer(" a B\u200b3\u00add\n") == SECRET


async def test_whoever_waits_gets_the_first_answer_and_the_second_learns_who_was_faster() -> None:
    desk = CaptchaDesk()
    desk.open("1", "Ann")
    assert desk.is_open("1")
    assert desk.answer("1", "x y", "7") is Taken.COUNTS
    assert desk.answer("1", "other", "8") is Taken.SECOND
    with trio.fail_after(20):
        await desk.wait("1")
    assert desk.close("1") == "xy"
    assert desk.answer("1", "late", "8") is Taken.SECOND
    assert desk.answered_by("1") == "7"
    assert not desk.is_open("1")


def test_an_empty_answer_leaves_the_captcha_open() -> None:
    desk = CaptchaDesk()
    desk.open("1", "Ann")
    assert desk.answer("1", " \u200b\n", "7") is Taken.EMPTY
    assert desk.is_open("1")
    assert desk.answer("1", SECRET, "8") is Taken.COUNTS


def test_a_captcha_that_expired_or_is_of_an_earlier_life_is_over() -> None:
    desk = CaptchaDesk()
    desk.open("1", "Ann")
    assert desk.close("1") is None
    assert desk.answer("1", SECRET, "7") is Taken.OVER
    assert desk.answer("of an earlier life", SECRET, "7") is Taken.OVER
    assert desk.answered_by("1") == desk.about("1") == ""


def test_several_wait_at_once_each_for_its_own_answer() -> None:
    desk = CaptchaDesk()
    for id_ in ("1", "2", "3"):
        desk.open(id_, f"of {id_}")
    assert desk.answer("2", "two", "7") is Taken.COUNTS
    assert [desk.about(id_) for id_ in "123"] == ["of 1", "of 2", "of 3"]
    assert [desk.close(id_) for id_ in "123"] == [None, "two", None]


def test_only_so_many_of_those_that_are_over_are_remembered() -> None:
    desk = CaptchaDesk()
    for number in range(1000):
        desk.open(str(number), "")
        desk.answer(str(number), SECRET, "7")
        desk.close(str(number))
    assert desk.answered_by("999") == "7"
    assert desk.answered_by("0") == ""


def test_an_answer_is_in_no_repr() -> None:
    desk = CaptchaDesk()
    desk.open("1", "Ann")
    desk.answer("1", SECRET, "7")
    assert SECRET not in repr(desk)
