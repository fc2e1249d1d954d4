"""What a content looks like in a thread, and what a file is called there."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.vip.ports import Content
from actors.vip.relay_values import File, FileKind, Part
from actors.vip.rich_text import plain
from daemon.discord.text import units
from daemon.discord.vip.showing import file_name, shown
from daemon.vip_relaying import DISCORD
from tests.worlds.rich_texts import NASTY

NAMES = st.lists(st.one_of(st.sampled_from([*NASTY, ".exe", "\u202e", "/", '"']), st.text(max_size=5))).map(
    "".join
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("Отчёт №1.pdf", "Отчёт №1.pdf"),
        ("", "file-3"),
        (".png", "png"),
        ("\u202egnp.exe", "gnp.exe"),
        ('a"\r\nb: c.txt', "a_ b_ c.txt"),
        ("..\\..\\a/b.txt", "_.._a_b.txt"),
        ("x" * 300 + ".tar.gz", "x" * 77 + ".gz"),
    ],
)
def test_a_file_has_a_name_that_is_harmless(name, expected):
    assert file_name(File(FileKind.FILE, name), 2) == expected


@given(name=NAMES)
def test_no_name_of_a_file_holds_what_could_be_read_as_something_else(name):
    found = file_name(File(FileKind.PICTURE, name), 0)
    assert 1 <= len(found) <= 80
    assert not {unicodedata.category(char) for char in found} & {"Cc", "Cs", "Co", "Zl", "Zp"}
    assert not set(found) & set('\\/:*?"<>|@\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069')


@given(words=NAMES, names=st.lists(NAMES, min_size=1, max_size=10), data=st.data())
def test_whatever_is_lost_fits_into_its_messages_and_is_told(words, names, data):
    files = tuple(File(FileKind.FILE, name, 5, name) for name in names)
    absent = data.draw(st.sets(st.integers(0, len(files) - 1), min_size=1))
    found = shown(Content(Part(text=plain(words[:300] * 4), files=files)), absent)
    assert len(found.files) == len(files) - len(absent)
    assert units(found.overflow) <= DISCORD.text
    assert units(found.text) <= DISCORD.text
    assert found.text or found.files
    assert f"{found.text}{found.overflow}".count("is not here") >= len(absent)


def test_words_alone_that_are_too_long_are_cut_rather_than_refused():
    files = tuple(File(FileKind.FILE, "*" * 300, None, number) for number in range(40))
    found = shown(Content(Part(files=files)), range(40))
    assert found.overflow == ""
    assert units(found.text) <= DISCORD.text
    assert found.text.endswith("…")


def test_a_body_that_is_none_of_the_planners_is_a_mistake():
    with pytest.raises(TypeError, match="not str"):
        shown(Content("text"))
