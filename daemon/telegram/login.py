"""Signing in: an account's session file, made with what its owner types."""

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import trio
from attrs import define, frozen
from telethon import TelegramClient, errors  # type: ignore[import-untyped]

from actors.vip.ports import FloodWait, Trouble
from daemon.aio import Loop, open_loop
from daemon.telegram.chat import probe
from daemon.telegram.client import CONNECT_WITHIN, REQUEST_WITHIN, bounded, close, new_client
from daemon.telegram.session_file import hold_session
from daemon.telegram.values import Application

TRIES = 3
"""For a code, and for a password."""
_RETRIES = 2
"""Of a request: also when Telegram sends us to another data centre."""

_WORDS: dict[type[Exception], str] = {
    errors.PhoneNumberInvalidError: "Telegram takes this for no phone number; give it as +49 151 2345678",
    errors.PhoneNumberUnoccupiedError: "there is no Telegram account with this number",
    errors.PhoneNumberBannedError: "Telegram has banned this number",
    errors.PhoneNumberFloodError: "too many codes were asked for with this number; try again tomorrow",
    errors.PhoneCodeExpiredError: "the code has expired; start again",
    errors.ApiIdInvalidError: "the application's id and hash do not belong together",
    errors.ApiIdPublishedFloodError: "the application's id was published somewhere: it works no more",
}


class LoginFailed(Exception):  # noqa: N818 - told to a person
    """It did not work; the text says why, without secrets."""


class Questions(Protocol):
    """What the account's owner is asked. Each may be asked again, with what was wrong."""

    def phone(self) -> str:
        """The account's phone number."""
        ...

    def code(self, wrong: bool) -> str:
        """The code that Telegram has sent."""
        ...

    def password(self, wrong: bool) -> str:
        """The second password; not shown while it is typed."""
        ...


@frozen
class SignedIn:
    """Who the session is for now."""

    name: str
    username: str
    path: Path
    already: bool
    """Nothing was done: it was signed in before."""


def sign_in(session: Path, application: Application, questions: Questions) -> SignedIn:
    """Sign in, with the session file for ourselves.

    Raises:
        LoginFailed: Telegram refuses it, or can't be reached.
        SessionBusy: another process uses the file.
        OSError: the file can't be made.
    """
    with hold_session(session) as path:
        return trio.run(_sign_in, path, application, questions)


async def _sign_in(path: Path, application: Application, questions: Questions) -> SignedIn:
    async with open_loop("telegram login") as loop:
        client = await loop.call(_new_client, path, application)
        try:
            return await _Talk(loop, client, questions).hold(path)
        finally:
            with trio.CancelScope(shield=True):
                await loop.call(close, client)


async def _new_client(path: Path, application: Application) -> TelegramClient:
    try:
        return new_client(path, application, retries=_RETRIES)
    except sqlite3.Error as error:
        raise LoginFailed(f"{path} is no session file ({error}); remove it and start again") from None


@define
class _Talk:
    """Between the owner, who is asked in this thread, and Telegram, in the loop's."""

    loop: Loop
    client: TelegramClient
    questions: Questions

    async def hold(self, path: Path) -> SignedIn:
        await self._step(self.client.connect, within=CONNECT_WITHIN)
        already = await self._step(self.client.get_me) is not None
        if not already:
            phone = self.questions.phone()
            await self._step(self.client.send_code_request, phone)
            await self._give_code(phone)
        me = await self._step(probe, self.client)
        name = " ".join(filter(None, (me.first_name, me.last_name)))
        return SignedIn(name, me.username or "", path, already)

    async def _give_code(self, phone: str) -> None:
        for attempt in range(TRIES):
            code = "".join(self.questions.code(attempt > 0).split())
            try:
                await self._ask(lambda code=code: self.client.sign_in(phone, code))
            except Trouble as trouble:
                if isinstance(trouble.__cause__, errors.SessionPasswordNeededError):
                    return await self._give_password()
                if not isinstance(
                    trouble.__cause__, errors.PhoneCodeInvalidError | errors.PhoneCodeEmptyError
                ):
                    raise _failed(trouble) from None
            else:
                return None
        raise LoginFailed(f"{TRIES} wrong codes; start again")

    async def _give_password(self) -> None:
        for attempt in range(TRIES):
            password = self.questions.password(attempt > 0)
            try:
                await self._ask(lambda password=password: self.client.sign_in(password=password))
            except Trouble as trouble:
                if not isinstance(trouble.__cause__, errors.PasswordHashInvalidError):
                    raise _failed(trouble) from None
            else:
                return
        raise LoginFailed(f"{TRIES} wrong passwords; start again")

    async def _step(self, do: Callable[..., Awaitable[Any]], *args: object, within: float = 0.0) -> Any:
        try:
            return await self._ask(do, *args, within=within)
        except Trouble as trouble:
            raise _failed(trouble) from None

    async def _ask(self, do: Callable[..., Awaitable[Any]], *args: object, within: float = 0.0) -> Any:
        return await self.loop.call(bounded, within or REQUEST_WITHIN, do, *args)


def _failed(trouble: Trouble) -> LoginFailed:
    if isinstance(trouble, FloodWait):
        return LoginFailed(f"Telegram asks to wait for {trouble.seconds:g} s; try again after that")
    for kind, words in _WORDS.items():
        if isinstance(trouble.__cause__, kind):
            return LoginFailed(words)
    return LoginFailed(str(trouble))
