import pytest

from benchmarks.figures import Figure, Group
from benchmarks.goals import at_least, at_most
from benchmarks.table import draw_markdown, draw_text, lines_of, number

TELL = Figure("tell", "tell × bare", "ours/per_second", over="bare/per_second", goal=at_least(6, 11))
KIB = Figure("idle", "an idle actor", "idle/kib", "KiB", goal=at_most(9))
SHOWN = Figure("bare", "bare", "bare/per_second", "/s")
REFUSED = Figure("refused", "answers 429", "campaign/rate_limited", "", goal=at_most(0), never_more=True)


def cells(figure, rounds):
    return lines_of(Group("g", "Group", (figure,)), rounds)[0].cells


def test_the_goal_and_how_it_was_met_stand_beside_the_figure():
    rounds = [{"ours/per_second": ours, "bare/per_second": 100.0} for ours in (690.0, 700.0, 710.0)]
    assert cells(TELL, rounds) == ("tell × bare", "7 ×", "6.95 – 7.05", "≥ 6 (11)", "met")


def test_a_missed_goal_is_said():
    assert cells(KIB, [{"idle/kib": 9.5}])[-1] == "MISSED"


def test_a_figure_without_a_goal_is_not_judged():
    assert cells(SHOWN, [{"bare/per_second": 116_123.4}])[1:] == ("116,123 /s", "116,123 – 116,123", "", "")


def test_of_what_must_never_happen_the_worst_round_counts():
    rounds = [{"campaign/rate_limited": count} for count in (0, 0, 0, 0, 1)]
    assert cells(REFUSED, rounds)[1::3] == ("1", "MISSED")


def test_a_failed_probe_leaves_a_gap_not_a_number():
    assert cells(TELL, [{"ours/per_second": 690.0}])[1] == "not measured"


def test_a_round_without_the_sample_does_not_count():
    line = lines_of(Group("g", "Group", (KIB,)), [{}, {"idle/kib": 7.0}])[0]
    assert line.summary is not None
    assert line.summary.runs == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.8567, "0.857"),
        (1.0046, "1.005"),
        (2.0, "2"),
        (2.534, "2.53"),
        (17.24, "17.2"),
        (123456.7, "123,457"),
    ],
)
def test_numbers_are_shown_with_the_digits_that_matter(value, text):
    assert number(value) == text


def test_the_columns_of_all_groups_line_up():
    groups = [Group("a", "One", (KIB,)), Group("b", "Two", (SHOWN,))]
    text = draw_text(groups, [{"idle/kib": 7.0, "bare/per_second": 116_123.4}])
    first, second = (line for line in text.splitlines() if line.startswith(("an idle", "bare")))
    assert first.index("7 KiB") + len("7 KiB") == second.index("116,123 /s") + len("116,123 /s")


def test_a_document_gets_a_markdown_table():
    text = draw_markdown([Group("a", "One", (KIB,))], [{"idle/kib": 7.0}])
    assert text.splitlines()[-1] == "| an idle actor | 7 KiB | 7 – 7 | ≤ 9 | met |"
