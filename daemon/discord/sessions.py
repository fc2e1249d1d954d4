"""hikari's HTTP sessions, so that none is left open.

hikari (2.6.0) does not close the session with which it connects to the gateway when it is cancelled in that
moment. Nothing of it can be reached from outside, so what makes the sessions is wrapped, once.
"""

import asyncio
from typing import Any

import aiohttp
from hikari.internal import net

_OPEN = "_perkd_sessions"
"""The loop's attribute: its open sessions. Held until they are closed, since one that is collected before
complains; and by the loop alone, so that they go with it. A table beside it would hold both for ever."""
_make = net.create_client_session


def _make_known(*args: Any, **settings: Any) -> aiohttp.ClientSession:
    session = _make(*args, **settings)
    loop = asyncio.get_running_loop()
    known: list[aiohttp.ClientSession] = getattr(loop, _OPEN, [])
    setattr(loop, _OPEN, [one for one in known if not one.closed] + [session])
    return session


net.create_client_session = _make_known


async def close_sessions() -> None:
    """Close every session that hikari made in the running loop and that is open."""
    loop = asyncio.get_running_loop()
    known: list[aiohttp.ClientSession] = getattr(loop, _OPEN, [])
    setattr(loop, _OPEN, [])
    for session in known:
        await session.close()
