"""Files of the desk: named in a message's body, fetched through the account when they are sent."""

from attrs import define, evolve, field, frozen

from actors.vip.ports import Refused, Unreachable
from actors.vip.relay_values import Incoming
from daemon.telegram.chat import DeskChat
from daemon.telegram.incoming import incoming
from daemon.telegram.link import TelegramLink
from daemon.telegram.values import TelegramMessage
from daemon.vip.failures import Failures
from daemon.vip_relaying import DISCORD


@frozen
class DeskFile:
    """Where a file of the desk is: a `File`'s source."""

    account: str
    message: int


def read(account: str, message: TelegramMessage) -> Incoming:
    """What the desk wrote, as the planner takes it."""
    body = incoming(message)
    files = tuple(
        one if one.source is None else evolve(one, source=DeskFile(account, message.id)) for one in body.files
    )
    return evolve(body, files=files)


@define(eq=False)
class DeskFiles:
    """Fetches them."""

    _link: TelegramLink
    _failures: Failures = field(factory=Failures, init=False)
    """Of files that Telegram does not give although the account is connected."""

    async def open(self, source: object) -> bytes:
        """The bytes of a file. Raises `Trouble`: `Gone` and `Refused` where it can't be had any more."""
        if not isinstance(source, DeskFile):
            raise Refused(f"{type(source).__name__} is no file of the desk")
        account = self._link.account(source.account)
        try:
            data = await account.ask(DeskChat.fetch, source.message, DISCORD.file)
        except Unreachable as error:
            if not account.connected:
                raise
            raise self._failures.again(source, f"a file does not come from Telegram: {error}") from error
        self._failures.forget(source)
        return data
