from benchmarks.rounds import Failure, in_turn, measure


def test_every_round_runs_every_probe_and_turns_the_order_around():
    assert list(in_turn(["a", "b"], 3)) == [(0, "a"), (0, "b"), (1, "b"), (1, "a"), (2, "a"), (2, "b")]


def test_samples_belong_to_the_round_they_were_measured_in():
    numbers = iter(range(10))
    rounds, failures = measure(["a"], 3, lambda _: None, lambda probe: {f"{probe}/n": next(numbers)})
    assert rounds == [{"a/n": 0}, {"a/n": 1}, {"a/n": 2}]
    assert failures == []


def test_a_probe_that_failed_is_told_of_once_and_not_run_again():
    asked = []

    def run(probe):
        asked.append(probe)
        return Failure(probe, "it broke") if probe == "b" else {f"{probe}/n": 1.0}

    rounds, failures = measure(["a", "b"], 2, lambda _: None, run)
    assert failures == [Failure("b", "it broke")]
    assert asked == ["a", "b", "a"]
    assert rounds == [{"a/n": 1.0}, {"a/n": 1.0}]
