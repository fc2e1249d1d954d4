"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

PACKAGES = ("trio", "pykka", "thespian")


def describe() -> str:
    """One line: cores, interpreter, versions, load at the start, date."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    python = f"{platform.python_implementation()} {platform.python_version()}"
    packages = [f"{name} {version(name)}" for name in PACKAGES]
    return ", ".join(
        [
            f"{cores} {'core' if cores == 1 else 'cores'} ({platform.machine()}, {platform.system()})",
            python,
            *packages,
            f"load {os.getloadavg()[0]:.1f} at the start",
            datetime.now(UTC).strftime("%Y-%m-%d"),
        ]
    )
