"""Where codes come from: one adapter per kind of source.

`open_source` and `open_feed` choose the adapter by `SourceSettings.kind`, which may be a plugged-in one;
`build_client` makes the HTTP client that polled sources share.
"""

from daemon.sources.client import build_client
from daemon.sources.opening import open_feed, open_source, pushes
from daemon.sources.settings import SourceKind, SourceSettings

__all__ = ["SourceKind", "SourceSettings", "build_client", "open_feed", "open_source", "pushes"]
