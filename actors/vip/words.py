"""What members, staff and the desk are told, as the ids of words; who shows it has the words."""

from enum import StrEnum

from attrs import frozen


class Word(StrEnum):
    """The id of a sentence. Values it takes are named in its line."""

    # answers to the button
    OPENED = "vip.opened"
    """link"""
    ALREADY_OPEN = "vip.already_open"
    """link: the live thread; `!end` there ends it"""
    ALREADY_VIP = "vip.already_vip"
    BLOCKED = "vip.blocked"
    COOLING_DOWN = "vip.cooling_down"
    """seconds"""
    MISSING_PERMISSIONS = "vip.missing_permissions"
    """missing: their names"""
    QUEUED = "vip.queued"
    """position"""
    CLOSING = "vip.closing"
    """The last thread is being closed; more is said when that is done."""
    CLOSED = "vip.closed"
    """It was closed after the button was pressed."""
    TRY_AGAIN = "vip.try_again"
    """Discord did not answer."""
    SLOW_DOWN = "vip.slow_down"
    """Discord asks for a longer wait than anybody watches for."""
    NOT_ALLOWED = "vip.not_allowed"
    """Discord says that the bot may not, though it lacks no permission that is known."""
    NOT_OPENED = "vip.not_opened"
    """Discord refuses it."""
    DESK_AWAY = "vip.desk_away"
    """Telegram does not answer, or asks for a long wait."""
    # in the thread
    WELCOME = "vip.welcome"
    """member"""
    INACTIVITY_WARNING = "vip.inactivity_warning"
    """hours: left until the end"""
    ENDED = "vip.ended"
    """reason, staff, undelivered"""
    SKIPPED = "vip.skipped"
    """count: messages that were missed and are not replayed"""
    ACCOUNT_MOVED = "vip.account_moved"
    """The session goes on through another account."""
    REFUSED_COMMAND = "vip.refused_command"
    """Somebody who is no staff gave a command for staff."""
    # at the desk
    INTRODUCTION = "vip.introduction"
    """name, member, moved"""
    # steps of a staff member's clearing
    CLEAR_NOTHING = "vip.clear_nothing"
    """There is no live session."""
    CLEAR_FOUND = "vip.clear_found"
    """state"""
    CLEAR_UNDELIVERED = "vip.clear_undelivered"
    """count"""
    CLEAR_TOLD = "vip.clear_told"
    CLEAR_THREAD = "vip.clear_thread"
    CLEAR_THREAD_LEFT = "vip.clear_thread_left"
    """link: it could not be closed"""
    CLEAR_NO_THREAD = "vip.clear_no_thread"
    CLEAR_ACCOUNT = "vip.clear_account"
    """account: given back, its history is being cleared"""
    CLEAR_EMPTY = "vip.clear_empty"
    """account: its history is verified empty"""
    CLEAR_STILL = "vip.clear_still"
    """account, state: its history is not empty yet; it is not leased before that"""
    CLEAR_NO_ACCOUNT = "vip.clear_no_account"
    CLEAR_DONE = "vip.clear_done"
    ROLE_GIVEN = "vip.role_given"
    ROLE_FAILED = "vip.role_failed"
    """reason"""
    # for the staff log
    LATE_ANSWER = "vip.late_answer"
    """account: the desk answered somebody whose session is over"""
    DOUBTFUL = "vip.doubtful"
    """member, link: after a crash nobody can tell whether a message has arrived before"""
    ACCOUNT_OUT = "vip.account_out"
    """account, state, reason"""


@frozen
class Notice:
    """Something perkd itself says: a word, and what is put into it."""

    word: Word
    values: tuple[tuple[str, str | int], ...] = ()

    @classmethod
    def of(cls, word: Word, **values: str | int) -> "Notice":
        """A word with its values by name."""
        return cls(word, tuple(sorted(values.items())))

    def value(self, name: str) -> str | int | None:
        """One of its values; None: it has none of this name."""
        return dict(self.values).get(name)
