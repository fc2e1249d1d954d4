"""Reading an answer's body: bounded, whatever the server sends."""

import json
import zlib

BODY_LIMIT = 256 * 1024
"""Bytes of a body, before and after unpacking. A captcha's picture takes some 20 KiB."""

_AUTO_GZIP_ZLIB = 32 + zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS


def unpack(raw: bytes, encoding: str) -> bytes | None:
    """Undo the content encoding: gzip, deflate (either flavour) or none.

    Done here and not by the HTTP client, which would unpack a bomb of any size before we could count.

    Returns:
        The body; None when it is damaged, cut short, larger than `BODY_LIMIT`, or in another encoding.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return raw
        case "gzip" | "x-gzip":
            return _inflate(raw, _AUTO_GZIP_ZLIB)
        case "deflate":
            # RFC 9110, 8.4.1.2: meant is the zlib format, but servers send bare deflate as well.
            body = _inflate(raw, _AUTO_GZIP_ZLIB)
            return body if body is not None else _inflate(raw, _RAW_DEFLATE)
        case _:
            return None


def _inflate(raw: bytes, window: int) -> bytes | None:
    stream = zlib.decompressobj(window)
    try:
        body = stream.decompress(raw, BODY_LIMIT + 1)
    except zlib.error:
        return None
    return body if stream.eof and len(body) <= BODY_LIMIT else None


def parse_answer(body: bytes) -> dict[str, object] | None:
    """The answer's JSON object, bare or in a list; None where there is none.

    An object with none of `code`, `msg` and `err_code` is somebody else's, not an answer of the API.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # bad UTF-8 and bad JSON; brackets nested by the thousand
        return None
    found = document if isinstance(document, list) else [document]
    for item in found:
        if isinstance(item, dict) and not item.keys().isdisjoint({"code", "msg", "err_code"}):
            return item
    return None


def number(value: object) -> int | None:
    """The whole number a field holds, as a number or as its digits; None for anything else."""
    match value:
        case bool():
            return None
        case int():
            return value
        case str() if value.isascii() and value.isdecimal() and len(value) <= len("4294967295"):
            return int(value)
        case _:
            return None
