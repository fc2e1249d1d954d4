from importlib import import_module

import pytest

from benchmarks.figures import GROUPS, Figure, Group, UnknownName, probes_of, select

SPEED = Figure("speed", "speed", "ours.run/per_second", over="bare.run/per_second")
SIZE = Figure("size", "size", "ours.hold/kib", "KiB")
SPREAD = Figure("spread", "spread", "ours.run/spread", "µs")
GROUP_A, GROUP_B = Group("a", "A", (SPEED, SIZE)), Group("b", "B", (SPREAD,))


def test_a_ratio_is_taken_within_one_round():
    assert SPEED.value({"ours.run/per_second": 30.0, "bare.run/per_second": 10.0}) == 3.0


def test_a_figure_without_a_yardstick_is_the_sample():
    assert SIZE.value({"ours.hold/kib": 7.0}) == 7.0


def test_without_names_everything_is_measured():
    assert select([], [GROUP_A, GROUP_B]) == (GROUP_A, GROUP_B)


def test_a_name_is_a_figure_or_a_group():
    assert select(["size", "b"], [GROUP_A, GROUP_B]) == (Group("a", "A", (SIZE,)), GROUP_B)


def test_what_takes_minutes_is_measured_only_when_it_is_named():
    large = Group("large", "Large", (SPREAD,), by_name=True)
    assert select([], [GROUP_A, large]) == (GROUP_A,)
    assert select(["spread"], [GROUP_A, large]) == select(["large"], [GROUP_A, large]) == (large,)


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(UnknownName, match=r"^sise: .*size"):
        select(["sise"], [GROUP_A])


def test_each_probe_runs_once_a_round_beside_its_yardstick():
    assert probes_of([GROUP_A, GROUP_B]) == ("bare.run", "ours.run", "ours.hold")


def test_names_are_used_once():
    names = [group.name for group in GROUPS] + [figure.name for group in GROUPS for figure in group.figures]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("probe", probes_of(GROUPS))
def test_every_figure_names_probes_that_exist(probe):
    module, _, function = probe.partition(".")
    assert callable(getattr(import_module(f"benchmarks.{module}"), function))
