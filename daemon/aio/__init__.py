"""The one place where trio and asyncio meet: an asyncio library in a thread of its own, used from trio.

`open_loop` runs one thread with one fresh event loop; `Loop.call` awaits asyncio code from trio,
`Loop.run_in_trio` and `Loop.from_asyncio` are the ways back. Everything else in perkd is trio. Why a thread:
see `docs/asyncio.md`.

Only immutable values should cross. A client that asyncio code made belongs to the loop's thread: it is made,
used and closed in calls.
"""

from daemon.aio.errors import LoopEnded, OutletClosed, TaskCancelled
from daemon.aio.loop import Loop, open_loop
from daemon.aio.outlet import Outlet

__all__ = ["Loop", "LoopEnded", "Outlet", "OutletClosed", "TaskCancelled", "open_loop"]
