"""The command line `perkd`. Each command imports what it needs when it runs, so that `status` starts fast."""

from daemon.cli.root import main

__all__ = ["main"]
