"""Bodies of requests: JSON, alone or beside files."""

import json
from email.message import Message
from typing import Any

from attrs import frozen

from tests.worlds.discord.errors import Refusal

LARGEST_FILE, LARGEST_REQUEST = 10 * 1024 * 1024, 25 * 1024 * 1024

_LARGEST_JSON = 1024 * 1024


@frozen
class Upload:
    """A file of a request."""

    name: str
    content_type: str
    content: bytes


@frozen
class Body:
    """What a request brings: its JSON, and its files by the number that the JSON has for them."""

    json: Any
    files: dict[str, Upload]


def parse(content_type: str, raw: bytes) -> Body:
    """Read a body; refuses what is no JSON (50109) or too large (40005)."""
    if len(raw) > LARGEST_REQUEST:
        raise Refusal(40005)
    if content_type.startswith("multipart/form-data"):
        return _multipart(content_type, raw)
    if raw and not content_type.startswith("application/json"):
        raise Refusal(0, f"Expected JSON, not {content_type!r}", status=400)
    return Body(_json(raw), {})


def _json(raw: bytes) -> Any:
    if len(raw) > _LARGEST_JSON:
        raise Refusal(40005)
    if not raw:
        return {}
    try:
        return json.loads(raw)
    except ValueError:
        raise Refusal(50109) from None


def _multipart(content_type: str, raw: bytes) -> Body:
    boundary = str(_header("content-type", content_type).get_param("boundary")).encode()
    found: Any = {}
    files = {}
    for part in raw.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        headers = dict(_split(line) for line in head.decode().split("\r\n"))
        disposition = _header("content-disposition", headers["content-disposition"])
        name = str(disposition.get_param("name", header="content-disposition"))
        if name == "payload_json":
            found = _json(content)
        elif name.startswith("files["):
            if len(content) > LARGEST_FILE:
                raise Refusal(40005)
            file_name = disposition.get_filename("file")
            kind = headers.get("content-type", "application/octet-stream")
            files[name.removeprefix("files[").removesuffix("]")] = Upload(file_name, kind, content)
    return Body(found, files)


def _split(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _header(name: str, value: str) -> Message:
    message = Message()
    message[name] = value
    return message
