"""The words for answers of a game's API: what they are called, what follows, whom they speak about."""

from enum import StrEnum


class FailureClass(StrEnum):
    """The class of an answer: it selects the action and the budget that is charged."""

    SUCCESS = "success"
    PERMANENT = "permanent"
    SESSION = "session"
    CAPTCHA = "captcha"
    RATE_LIMITED = "rate_limited"
    TEMPORARY = "temporary"
    UNKNOWN = "unknown"
    PROTOCOL = "protocol_changed"


class Scope(StrEnum):
    """Whom an answer speaks about. `ADDRESS` and `SYSTEM` charge no player."""

    PLAYER = "player"
    CODE = "code"
    ADDRESS = "address"
    SYSTEM = "system"


class Status(StrEnum):
    """The words for answers, as logs and history show them; unknown ones are `UNKNOWN_STATUS_<msg>`."""

    SUCCESS = "SUCCESS"
    ALREADY_RECEIVED = "ALREADY_RECEIVED"
    SAME_TYPE_EXCHANGE = "SAME_TYPE_EXCHANGE"
    EXPIRED = "EXPIRED"
    CDK_NOT_FOUND = "CDK_NOT_FOUND"
    USED = "USED"
    LEVEL_TOO_LOW = "LEVEL_TOO_LOW"
    RECHARGE_MONEY = "RECHARGE_MONEY"
    RECHARGE_MONEY_VIP = "RECHARGE_MONEY_VIP"
    WRONG_STATE = "WRONG_STATE"
    NO_SUCH_PLAYER = "NO_SUCH_PLAYER"
    TOO_FREQUENT = "TOO_FREQUENT"
    TIMEOUT_RETRY = "TIMEOUT_RETRY"
    NOT_LOGIN = "NOT_LOGIN"
    CAPTCHA_FETCH_ERROR = "CAPTCHA_FETCH_ERROR"
    CAPTCHA_EXPIRED = "CAPTCHA_EXPIRED"
    CAPTCHA_WRONG = "CAPTCHA_WRONG"
    RATE_LIMITED = "RATE_LIMITED"
    PROTOCOL_CHANGED = "PROTOCOL_CHANGED"
    UPSTREAM_ERROR = "UPSTREAM_ERROR"
    NETWORK_ERROR = "NETWORK_ERROR"
    CRASHED = "CRASHED"
    """Not an answer: the work crashed its actor until the `crash` budget was spent."""


UNKNOWN_PREFIX = "UNKNOWN_STATUS_"
