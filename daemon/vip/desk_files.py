"""Files of the desk: named in a message's body, fetched through the account when they are sent."""

from attrs import evolve, frozen

from actors.vip.ports import Refused
from actors.vip.relay_values import Incoming
from daemon.telegram.chat import DeskChat
from daemon.telegram.incoming import incoming
from daemon.telegram.link import TelegramLink
from daemon.telegram.values import TelegramMessage
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


@frozen
class DeskFiles:
    """Fetches them."""

    link: TelegramLink

    async def open(self, source: object) -> bytes:
        """The bytes of a file. Raises `Trouble`: `Gone` and `Refused` where it can't be had any more."""
        if not isinstance(source, DeskFile):
            raise Refused(f"{type(source).__name__} is no file of the desk")
        return await self.link.account(source.account).ask(DeskChat.fetch, source.message, DISCORD.file)
