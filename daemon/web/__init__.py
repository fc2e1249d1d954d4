"""The web side of a running daemon: health and readiness, metrics, the page; behind one guard."""
