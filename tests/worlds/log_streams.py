"""What was logged, as the streams have it."""

import io
import json
import logging
from typing import Any

log = logging.getLogger("actors.probe")


class Broken:
    """What can't be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def undated(text: str) -> str:
    """The text without the line that tells the day."""
    day, below = text.split("\n", 1)
    assert "(local time, UTC" in day
    return below


def body(stream: io.StringIO | io.BytesIO) -> str:
    text = stream.getvalue()
    return undated(text.decode() if isinstance(text, bytes) else text)


def objects(stream: io.StringIO) -> list[dict[str, Any]]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return [json.loads(line, parse_constant=refuse) for line in stream.getvalue().splitlines()]
