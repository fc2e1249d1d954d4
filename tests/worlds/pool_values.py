"""Players and verdicts, as the tests of the session pool name them."""

from actors.giftcodes.model import FailureClass, PlayerKey, Scope, Status
from actors.ports import Verdict

FINE = Verdict(Status.SUCCESS, FailureClass.SUCCESS)
BLOCKED = Verdict(Status.PROTOCOL_CHANGED, FailureClass.PROTOCOL, Scope.SYSTEM)
LOST = Verdict(Status.NETWORK_ERROR, FailureClass.TEMPORARY, Scope.ADDRESS)
THROTTLED = Verdict(Status.RATE_LIMITED, FailureClass.RATE_LIMITED, Scope.ADDRESS)


def wos(number: int) -> PlayerKey:
    return PlayerKey("wos", str(number))


def ks(number: int) -> PlayerKey:
    return PlayerKey("ks", str(number))
