"""A member's attachment, fetched when an answer wants it."""

import asyncio
from functools import partial

import aiohttp
import hikari

from daemon.aio import Loop
from daemon.discord.answers.desk import Upload
from daemon.service import BadFile

FETCH_WITHIN = 60.0
"""Seconds for the whole file."""
_OK = 200


def upload_of(attachment: hikari.Attachment, loop: Loop) -> Upload:
    """The attachment as answers see it: trio code calls its `read`."""
    return Upload(attachment.filename, attachment.size, partial(loop.call, fetch, attachment.url))


async def fetch(url: str, longest: int) -> bytes:
    """The file's bytes; what Discord says of its size is not relied on. Raises `BadFile`.

    hikari's own `stream()` leaves its session open where the connection fails or is given up.
    """
    try:
        async with asyncio.timeout(FETCH_WITHIN), aiohttp.ClientSession() as session:
            return await _read(session, url, longest)
    except TimeoutError:
        raise BadFile(f"the file did not come within {FETCH_WITHIN:g} s: attach it again") from None
    except (aiohttp.ClientError, OSError) as error:
        text = f"the file could not be fetched from Discord ({type(error).__name__}): attach it again"
        raise BadFile(text) from error


async def _read(session: aiohttp.ClientSession, url: str, longest: int) -> bytes:
    content = bytearray()
    async with session.get(url) as response:
        if response.status != _OK:
            answer = f"HTTP {response.status}"
            raise BadFile(f"the file could not be fetched from Discord ({answer}): attach it again")
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > longest:
                raise BadFile(f"the file has more than {longest} bytes: split it")
    return bytes(content)
