"""What the tests of the runtime share: probes, and an order of the scheduler that can be repeated."""

import pytest
import trio

from supervision.testing import Probes

SEEDS = 20


@pytest.fixture(params=range(SEEDS))
def any_order(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test under one of several orders in which trio may run what can run."""
    monkeypatch.setattr(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
    trio._core._run._r.seed(request.param)


@pytest.fixture
def probes() -> Probes:
    return Probes()
