"""The way to the accounts for everything that runs in trio: open while the TelegramActor lives."""

from attrs import define, field

from actors.vip.ports import AccountDead, Unreachable
from daemon.telegram.account import Account
from daemon.telegram.accounts import Accounts


@define(eq=False)
class TelegramLink:
    """One for the process. The TelegramActor opens and closes it; the desk's adapter goes through it."""

    _accounts: Accounts | None = field(default=None, init=False)

    def open(self, accounts: Accounts) -> None:
        """The accounts are there, if perhaps not connected yet."""
        self._accounts = accounts

    def close(self) -> None:
        """They are gone."""
        self._accounts = None

    def account(self, name: str) -> Account:
        """One of them. Raises `Unreachable`, or `AccountDead` where there is none of this name."""
        if self._accounts is None:
            raise Unreachable("perkd's part for Telegram is not running")
        if (account := self._accounts.by_name.get(name)) is None:
            raise AccountDead(f"{name} is not among [[telegram.accounts]] any more")
        return account

    def all(self) -> tuple[Account, ...]:
        """Each of them; none while the link is closed."""
        return () if self._accounts is None else tuple(self._accounts.by_name.values())
