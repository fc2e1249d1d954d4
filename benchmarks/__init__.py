"""What perkd costs, measured: `make bench`, or `python -m benchmarks --help`.

A *probe* is a function that measures something, run in a process of its own. A *figure* is a line of the
table: made from what the probes of one round measured, compared with a goal. See docs/benchmarks.md.
"""
