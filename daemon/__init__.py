"""The process: command line, configuration, wiring, and one adapter per port of `actors`."""

__version__ = "0.1.0"
