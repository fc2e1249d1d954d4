"""`perkd demo`: the daemon against its own simulator, with sample players and codes, to be watched."""

from daemon.demo.run import run_demo

__all__ = ["run_demo"]
