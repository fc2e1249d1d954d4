"""Runs one probe in this process and prints what it measured: `python -m benchmarks.probe raw.send`."""

import json
import sys
from importlib import import_module

from benchmarks.timing import Measured


def run_probe(name: str) -> Measured:
    """Run `module.function` of this package."""
    module, _, function = name.partition(".")
    measured: Measured = getattr(import_module(f"benchmarks.{module}"), function)()
    return measured


if __name__ == "__main__":
    print(json.dumps(run_probe(sys.argv[1])))
