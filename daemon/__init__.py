"""The process: command line, configuration, wiring, and one adapter per port of `actors`."""

import sys
from typing import Any, cast

__version__ = "0.1.0"

# httpx loads its command line client along, and with it parts of rich and pygments, where those are there:
# some 0.04 s of processor time, in every command. Where it can't be imported, httpx goes without.
cast("dict[str, Any]", sys.modules).setdefault("httpx._main", None)
