"""These tests need a real browser: the one that PERKD_TEST_BROWSER names."""

from pathlib import Path

import pytest

from tests.worlds.browser import ENV, program


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser they are left out: `make test-system` gets one."""
    without = pytest.mark.skipif(program() is None, reason=f"{ENV} names no browser: make test-system does")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.system)
            item.add_marker(without)
