"""What perkd does, as actors and plain values, and the ports they need.

Nothing below knows which library talks HTTP, Discord or SQL: that is `daemon`'s business.
"""
