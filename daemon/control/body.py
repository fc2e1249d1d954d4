"""Reading what a request carries, within bounds."""

import json
from contextlib import aclosing

import trio
from starlette.requests import Request

from daemon.service import Refused

MAX_BODY = 10 * 1024 * 1024
"""Bytes of a request's body."""
BODY_WITHIN = 60.0
"""Seconds that sending it may take."""


class BodyTooLarge(Exception):  # noqa: N818 - an answer
    """The body has more than `MAX_BODY` bytes."""


class BodyTooSlow(Exception):  # noqa: N818 - an answer
    """The body did not come within `BODY_WITHIN` seconds."""


async def read_bytes(request: Request) -> bytes:
    """The body. Raises `BodyTooLarge` as soon as that is known, `BodyTooSlow` after `BODY_WITHIN` seconds."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BODY:
        raise BodyTooLarge
    body = bytearray()
    with trio.move_on_after(BODY_WITHIN):
        async with aclosing(request.stream()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > MAX_BODY:
                    raise BodyTooLarge
        return bytes(body)
    raise BodyTooSlow


async def read_texts(request: Request, *names: str) -> dict[str, str]:
    """The body as a JSON object whose values are strings; `names` are those it may have.

    Raises:
        Refused: it is no such object, or has another name in it.
        BodyTooLarge: it is too large.
    """
    try:
        document = json.loads(await read_bytes(request))
    except (ValueError, RecursionError) as error:
        raise Refused(f"the body is no JSON: {error}") from None
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise Refused(f"the body must be a JSON object with strings for {', '.join(names)}")
    return _known(document, names)


def read_query(request: Request, *names: str) -> dict[str, str]:
    """The query's values. Raises `Refused` for a name that is not among `names`."""
    return _known(dict(request.query_params), names)


def _known(found: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    if unknown := [name for name in found if name not in names]:
        way_out = f"use {', '.join(names)}" if names else "leave it out"
        raise Refused(f"{', '.join(map(repr, unknown))}: not known here: {way_out}")
    return found
