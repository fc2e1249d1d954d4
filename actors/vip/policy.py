"""What operators tune of the VIP half."""

from attrs import frozen


@frozen
class VIPPolicy:
    """Times are seconds. Every name that is in the configuration file has its meaning there."""

    staff_roles: frozenset[str] = frozenset()
    vip_role: str = ""
    clean_unreachable: bool = False
    """`unreachable_thread = "clean"`: a thread that can't be checked counts as gone."""
    inactivity: float = 24 * 3600.0
    """Warned at half of it, then closed; 0: never."""
    cooldown: float = 60.0
    """Between a session that its owner ended and the member's next one."""
    replay_max: int = 50
    replay_age: float = 24 * 3600.0
    retention: float = 30 * 86400.0
    """How long closed sessions are kept."""
    tries: int = 4
    """Of one step of the opening, or of a check, that meets an outage."""
    check_within: float = 15.0
    """So long who pressed the button waits for a check of its thread, or of the bot's permissions."""
    pause_min: float = 1.0
    pause_max: float = 60.0
    """Between two tries; doubled from the first to the second."""
    opening_flood: float = 30.0
    """A longer flood wait than this is not waited for while a member watches the opening."""
    drain: float = 30.0
    """What is under way when a session ends has so long to arrive."""
    clear_tries: int = 3
    """Of clearing a history that does not end up empty, before the account is quarantined."""
    clear_report: float = 20.0
    """So long staff wait for the history of the session they cleared."""
    quarantine: float = 600.0
    """Until a quarantined account is tried again."""
    limited: float = 12 * 3600.0
    """Until a limited account is tried again."""
    reconcile: float = 60.0
    """Between two looks at leases without a session, and sessions without an actor."""
    answer_within: float = 840.0
    """An answer to the button can't be given later (Discord: 15 minutes)."""
