"""What the tests of the runtime share: probes, and an order of the scheduler that can be repeated."""

import inspect

import pytest
import trio

from supervision.testing import Probes

ORDERS = 20
"""In how many orders a test runs, and each of its variants, where it has several."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for `any_order` under many orders; what has no tasks of its own once."""
    if "any_order" in metafunc.fixturenames:
        orders = ORDERS if inspect.iscoroutinefunction(metafunc.function) else 1
        metafunc.parametrize("any_order", range(orders), indirect=True)


@pytest.fixture
def any_order(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fix the order in which trio runs what can run: each run of a test has its own, by its name."""
    monkeypatch.setattr(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
    trio._core._run._r.seed(request.node.nodeid)


@pytest.fixture
def probes() -> Probes:
    return Probes()
