"""Lists that are cut, and the files with all of them."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from daemon.discord.answers.lists import (
    LINES,
    MOST_BYTES,
    ROOM,
    first_lines,
    fitting,
    listed,
    member_link,
    table_file,
)
from daemon.discord.text import units
from daemon.discord.values import File

WHOLE = File("all.csv", b"x")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=600), max_size=60))
def test_a_list_fits_and_tells_how_much_it_leaves_out(lines: list[str]) -> None:
    reply = listed("Things", lines, "en-US", file=lambda: WHOLE)

    shown = first_lines(lines, most=LINES, room=ROOM)
    assert units(reply.cards[0].text) <= ROOM + 100
    assert lines[: len(shown)] == shown
    left_out = len(lines) - len(shown)
    assert (reply.files == (WHOLE,)) == (left_out > 0)
    assert reply.cards[0].text.endswith(f"… and {left_out} more: all are in the file") == (left_out > 0)


def test_without_a_file_the_count_alone_is_told() -> None:
    text = fitting([str(number) for number in range(30)], "en-US", most=3)

    assert text == "0\n1\n2\n… and 27 more"


def test_of_many_the_first_lines_are_enough_to_tell_how_many_there_are() -> None:
    reply = listed("Things", ["a"] * LINES, "en-US", file=lambda: WHOLE, total=10_000)

    assert reply.cards[0].text.endswith(f"… and {10_000 - LINES} more: all are in the file")
    assert reply.files == (WHOLE,)


def test_a_file_that_discord_would_refuse_is_cut_and_says_so() -> None:
    file = table_file("x.csv", ("a",), (["é" * 1000] for _ in range(20_000)))

    assert len(file.content) <= MOST_BYTES
    assert file.content.decode("utf-8-sig").endswith("…\r\n")


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=8))
def test_no_cell_of_a_file_is_a_formula(rows: list[list[str]]) -> None:
    file = table_file("x.csv", ("a", "b"), rows)

    read = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))
    assert len(read) == 1 + len(rows)
    for row in read[1:]:
        assert not any(cell[:1] in {"=", "+", "-", "@", "\t", "\r"} for cell in row)


def test_a_member_is_linked_by_its_id_and_nothing_else_is() -> None:
    assert member_link("123") == "<@123>"
    assert member_link("@everyone") != "@everyone"
    assert not member_link("1><@2").startswith("<@")
