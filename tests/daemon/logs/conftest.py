"""Logging that is left as it was found, and streams it is written to."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from daemon import logs
from daemon.log_values import Redactor
from daemon.logs import configure_logging


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    level, handlers, raising, hook = root.level, root.handlers[:], logging.raiseExceptions, sys.excepthook
    quiet = {name: logging.getLogger(name).level for name in logs.QUIET}
    monkeypatch.setattr(logs, "_redact", Redactor())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions, sys.excepthook = raising, hook
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture
def console() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("console", "info", stream)
    return stream


@pytest.fixture
def machine() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("json", "info", stream)
    return stream
