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


def upload_of(attachment: hikari.Attachment, loop: Loop) -> Upload:
    """The attachment as answers see it: trio code calls its `read`."""
    return Upload(attachment.filename, attachment.size, partial(loop.call, _fetch, attachment))


async def _fetch(attachment: hikari.Attachment, longest: int) -> bytes:
    """The file's bytes; what Discord says of its size is not relied on."""
    content = bytearray()
    try:
        async with asyncio.timeout(FETCH_WITHIN), attachment.stream() as reader:
            async for chunk in reader:
                content += chunk
                if len(content) > longest:
                    raise BadFile(f"the file has more than {longest} bytes: split it")
    except TimeoutError:
        raise BadFile(f"the file did not come within {FETCH_WITHIN:g} s: attach it again") from None
    except (hikari.HikariError, aiohttp.ClientError, OSError) as error:
        text = f"the file could not be fetched from Discord ({type(error).__name__}): attach it again"
        raise BadFile(text) from error
    return bytes(content)
