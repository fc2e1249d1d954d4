"""`perkd telegram`: the accounts that talk to the desk."""

import click
from attrs import frozen

from daemon.cli.failures import CommandFailed, ExitCode, complain
from daemon.cli.output import print_line
from daemon.cli.session import Session, pass_session
from daemon.safe_text import neutralised


@click.group()
def telegram() -> None:
    """The Telegram accounts: sign them in, bring them back."""


@telegram.command()
def key() -> None:
    """Make a key for sessions in the store.

    It is printed, and kept nowhere. Give it to perkd in the environment, as TELEGRAM_SESSION_KEY (or what
    [telegram] session_key_env names).
    """
    from daemon.telegram.keys import new_key  # noqa: PLC0415 - not for the other commands

    print_line(new_key())


@telegram.command()
@click.argument("name")
@pass_session
def login(session: Session, name: str) -> None:
    """Sign the account NAME in.

    NAME is one of [[telegram.accounts]] in the configuration; its session file is made or renewed. You are
    asked for the phone number, the code that Telegram sends, and the second password where there is one.
    """
    accounts = {account.name: account.session for account in session.config.telegram.accounts}
    if name not in accounts:
        raise CommandFailed(_unknown(name, sorted(accounts)), ExitCode.BAD_USAGE)
    from daemon.secrets import SecretError  # noqa: PLC0415 - Telethon takes a while
    from daemon.telegram.application import load_application  # noqa: PLC0415
    from daemon.telegram.login import LoginFailed, sign_in  # noqa: PLC0415
    from daemon.telegram.session_file import SessionBusy  # noqa: PLC0415

    try:
        application = load_application(session.config.telegram)
        done = sign_in(accounts[name], application, Typed())
    except SecretError as error:
        raise CommandFailed(f"{error.fault}\n{error.way_out}", ExitCode.BAD_USAGE) from None
    except SessionBusy as error:
        raise CommandFailed(f"{error}: stop that perkd first, then sign in again") from None
    except LoginFailed as error:
        raise CommandFailed(f"{name} is not signed in: {error}") from None
    except OSError as error:
        raise CommandFailed(f"the session file can't be used: {error}") from None
    who = neutralised(f"{done.name} (@{done.username})" if done.username else done.name)
    if done.already:
        print_line(f"unchanged: {name} is signed in already, as {who}")
        return
    print_line(f"{name} is signed in as {who}")
    print_line(f"its session is in {neutralised(str(done.path))}: whoever has this file has the account")
    print_line("in the account's list of devices it is called perkd")
    print_line(
        f"perkd uses it from its next start on; one that is running, after: perkd telegram restore {name}"
    )


@telegram.command()
@click.argument("name")
@pass_session
def restore(session: Session, name: str) -> None:
    """Bring the account NAME back without a restart.

    perkd has to run. For an account that was out of use, once it is signed in again, and for one whose
    trouble is over: it is connected, its history is cleared and verified to be empty, and then it is free.
    """
    answer = session.ask_daemon("POST", "/api/telegram/restore", json={"account": name})
    state, why = answer["state"], neutralised(str(answer["reason"]))
    if state == "dead":
        raise CommandFailed(f"{name} is out of use: {why}")
    if state == "connected" and answer.get("leased"):
        print_line(f"{name} is connected, and in use: its session goes on")
    elif state == "connected":
        print_line(f"{name} is connected; it is free once its history is cleared and verified to be empty")
    else:
        print_line(f"{name} is tried again; it is not connected yet: {why}")


@frozen
class Typed:
    """The questions, at the terminal."""

    def phone(self) -> str:
        """With the country's code."""
        return _prompt("Phone number, with the country's code")

    def code(self, wrong: bool) -> str:
        """It comes in the Telegram app, or by SMS."""
        if wrong:
            complain("Telegram does not take this code")
        return _prompt("Code from Telegram")

    def password(self, wrong: bool) -> str:
        """Not shown while it is typed."""
        if wrong:
            complain("Telegram does not take this password")
        return _prompt("Second password (not shown)", hidden=True)


def _prompt(text: str, *, hidden: bool = False) -> str:
    answer: str = click.prompt(text, hide_input=hidden, err=True)
    return answer


def _unknown(name: str, known: list[str]) -> str:
    if not known:
        return (
            f"no account {name!r}: the configuration has no [[telegram.accounts]]; "
            f'add one with name = "{name}" and session = "var/telegram/{name}.session"'
        )
    return f"no account {name!r} in [[telegram.accounts]]; there are {', '.join(known)}"
