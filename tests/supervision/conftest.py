"""What the tests of the runtime share: probes, and an order of the scheduler that can be repeated."""

import pytest
import trio

from supervision.testing import Probes


def _seed(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
    trio._core._run._r.seed(number)


@pytest.fixture(params=range(20))
def any_order(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test under many orders in which trio may run what can run."""
    _seed(request.param, monkeypatch)


@pytest.fixture(params=range(4))
def some_orders(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same under a few, for tests that are many already."""
    _seed(request.param, monkeypatch)


@pytest.fixture
def probes() -> Probes:
    return Probes()
