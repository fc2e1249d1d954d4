import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from daemon.cli.tables import NARROWEST, Cell, Column, draw_table
from daemon.cli.times import duration, short_time

COLUMNS = [Column("fid", right=True), Column("name", flexible=True), Column("code")]


def lines(*names: str, width: int | None = 80) -> list[str]:
    rows = [[Cell("1"), Cell(name), Cell("SNOW")] for name in names]
    return draw_table(COLUMNS, rows, width).plain.split("\n")


def test_wide_characters_keep_the_columns() -> None:
    assert lines("雪狐", "Anna", "겨울늑대", width=None) == [
        "fid  name      code",
        "  1  雪狐      SNOW",
        "  1  Anna      SNOW",
        "  1  겨울늑대  SNOW",
    ]


def test_right_to_left_names_stand_between_isolates_on_a_screen_and_bare_in_a_pipe() -> None:
    assert lines("صقر")[1] == "  1  \u2068صقر\u2069   SNOW"
    assert lines("صقر", width=None)[1] == "  1  صقر   SNOW"


def test_control_characters_and_markup_show_as_what_they_are() -> None:
    assert lines("\x1b[31mred\nBo", "[bold]x[/bold]", width=None)[1:] == [
        r"  1  \x1b[31mred\nBo  SNOW",
        "  1  [bold]x[/bold]   SNOW",
    ]


def test_a_long_name_is_cut_where_the_line_is_too_narrow_and_never_in_a_pipe() -> None:
    assert lines("x" * 40, width=20)[1] == "  1  xxxxxxxx…  SNOW"
    assert lines("x" * 400, width=None)[1] == f"  1  {'x' * 400}  SNOW"


def test_columns_keep_a_few_characters_however_narrow_the_screen() -> None:
    assert lines("x" * 40, width=3)[1] == f"  1  {'x' * (NARROWEST - 1)}…  SNOW"


def test_a_table_without_rows_is_its_header() -> None:
    assert lines() == ["fid  name  code"]


@given(st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=8), st.integers(20, 120))
def test_whatever_players_are_called_every_line_fits_and_the_last_column_stands_in_its_place(
    names: list[str], width: int
) -> None:
    drawn = lines(*names, width=width)
    assert len(drawn) == len(names) + 1
    starts = {cell_len(line[: line.rindex("SNOW")]) for line in drawn[1:]}
    assert len(starts) == 1
    for line in drawn:
        assert cell_len(line) <= width
        assert not any(char in line for char in "\x00\x07\x1b\r\x9b\u202e\u2028")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, "0 s"), (0.9, "0 s"), (59, "59 s"), (60, "1 min"), (3725, "1 h 2 min"), (273_600, "3 d 4 h")],
)
def test_durations_are_said_in_their_two_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_times_are_shown_to_the_minute() -> None:
    assert short_time("2026-11-21T10:18:05Z") == "2026-11-21 10:18"
    assert short_time(None) == "–"
