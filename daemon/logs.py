"""Logging: structlog renders what the standard library's loggers are given.

Console: see `daemon.log_console`; above the first line of each day stands its date. JSON: one object a line,
with `time` (ISO 8601 UTC), `level`, `logger`, `event` and the record's `extra` fields.

Text from outside is made safe on the way, see `daemon.log_values`: one message is one line.
"""

import logging
import os
import sys
from copy import copy
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from daemon.log_console import ConsoleLines
from daemon.log_values import Redactor, bounded, is_ours, message_of, one_line, traceback_lines

logger = logging.getLogger("perkd")

FORMATS = ("console", "json")
LEVELS = ("debug", "info", "warning", "error", "critical")
QUIET = (
    "httpx",
    "httpcore",
    "hypercorn",
    "hypercorn.error",
    "hypercorn.access",
    "pymongo",
    "hikari",
    "lightbulb",
)
"""Libraries' loggers that say too much below WARNING."""
_CORE = frozenset({"time", "level", "logger", "event", "exception"})
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

_redact = Redactor()


def add_secret(value: str) -> None:
    """From now on `value` shows as `***` in every log line; a very short one as a whole word only."""
    _redact.add(value)


def redacted(text: str) -> str:
    """`text` without the secrets: for what is shown elsewhere than in the log."""
    return _redact(text)


def configure_logging(format: str, level: str, stream: TextIO | None = None) -> None:  # noqa: A002 - the setting's name
    """Send all logging to `stream` (default: stderr); done again, it replaces what it did before.

    Args:
        format: `console` or `json`.
        level: `debug`, `info`, `warning`, `error` or `critical`.
        stream: where the lines go. A write that fails never raises into whoever logs.

    Raises:
        ValueError: another format or level.
    """
    if format not in FORMATS:
        raise ValueError(f"log format {format!r}: must be one of {', '.join(FORMATS)}")
    set_level(level)
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, LineHandler):
            root.removeHandler(handler)
    root.addHandler(LineHandler(format, sys.stderr if stream is None else stream))
    logging.raiseExceptions = False
    sys.excepthook = _log_uncaught


def set_level(level: str) -> None:
    """Change the level of everything.

    Libraries say nothing below `info` at any level, and those in `QUIET` nothing below a warning.

    Raises:
        ValueError: an unknown level.
    """
    if level not in LEVELS:
        raise ValueError(f"log level {level!r}: must be one of {', '.join(LEVELS)}")
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger().setLevel(number)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


class LineHandler(logging.Handler):
    """Writes the lines, and never raises: a full disk or a closed pipe must not stop the work.

    `lost` counts the lines that could not be written, until writing works again and they were told of.
    """

    def __init__(self, format: str, stream: TextIO) -> None:  # noqa: A002 - the setting's name
        super().__init__()
        self.stream = stream
        self.lost = 0
        self._console: ConsoleLines | None = None
        self._day = ""
        processors: list[Processor] = [_fields, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if format == "console":
            self._console = ConsoleLines(_is_colourful(stream), _redact)
            processors = [_rendered(self._console)]
        self.setFormatter(structlog.stdlib.ProcessorFormatter(processors=processors))
        self.addFilter(_is_worth_it)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        try:
            self._write_dated(record, self._line(record))
            if self.lost:
                self._write(self._shown(_told(f"{self.lost} log lines could not be written")))
                self.lost = 0
        except Exception:  # noqa: BLE001 - nothing that logging does may stop the work
            self.lost += 1

    def _write_dated(self, record: logging.LogRecord, line: str) -> None:
        day = "" if self._console is None else self._console.day(record)
        self._write(line if day == self._day else f"{day}\n{line}")
        self._day = day

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return self._shown(record)
        except Exception as error:  # noqa: BLE001 - arguments that don't fit, a broken __repr__
            why = type(error).__name__
            return self._shown(_told(f"A message of {record.name} can't be shown ({why}): {record.msg!r}"))

    def _shown(self, record: logging.LogRecord) -> str:
        safe = copy(record)
        safe.msg, safe.args = message_of(record, _redact), None
        return self.format(safe)

    def _write(self, line: str) -> None:
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        # A terminal without UTF-8 gets escapes for emoji, rather than nothing.
        self.stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self.stream.flush()


def _is_worth_it(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.INFO or is_ours(record)


def _told(message: str) -> logging.LogRecord:
    return logger.makeRecord(logger.name, logging.ERROR, __file__, 0, message, (), None)


def _fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The fields of a JSON line; an `extra` with the name of one of them gets a `_` behind it."""
    record: logging.LogRecord = event["_record"]
    when = datetime.fromtimestamp(record.created, UTC)
    fields: EventDict = {
        "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": one_line(record.name, _redact),
        "event": event["event"],
    }
    for name, value in record.__dict__.items():
        if name not in _STANDARD:
            fields[f"{name}_" if name in _CORE else name] = bounded(value, _redact)
    if lines := _traceback(event):
        fields["exception"] = "\n".join(lines)
    return fields


def _rendered(lines: ConsoleLines) -> Processor:
    def render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
        return lines.line(event["_record"], event["event"], _traceback(event))

    return render


def _traceback(event: EventDict) -> list[str]:
    match event.get("exc_info"):
        case (type() as kind, BaseException() as error, trace):
            return traceback_lines((kind, error, trace), _redact)
        case _:
            return []


def _is_colourful(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logger.critical("Uncaught %s", kind.__name__, exc_info=(kind, error, trace))
