"""hikari's HTTP sessions, so that none is left open.

hikari (2.6.0) does not close the session with which it connects to the gateway when it is cancelled in that
moment. Nothing of it can be reached from outside, so what makes the sessions is wrapped, once.
"""

import asyncio
import weakref
from typing import Any

import aiohttp
from hikari.internal import net

_open: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, list[aiohttp.ClientSession]]"
_open = weakref.WeakKeyDictionary()
"""Held until they are closed: one that is collected before complains."""
_make = net.create_client_session


def _make_known(*args: Any, **settings: Any) -> aiohttp.ClientSession:
    session = _make(*args, **settings)
    loop = asyncio.get_running_loop()
    _open[loop] = [one for one in _open.get(loop, ()) if not one.closed] + [session]
    return session


net.create_client_session = _make_known


async def close_sessions() -> None:
    """Close every session that hikari made in the running loop and that is open."""
    for session in _open.pop(asyncio.get_running_loop(), ()):
        await session.close()
