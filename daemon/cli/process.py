"""`perkd run`, `demo`, `check` and `reload`: the process itself."""

import click

from daemon.cli.output import print_line
from daemon.cli.session import Session, pass_session
from daemon.safe_text import neutralised


@click.command()
@pass_session
@click.pass_context
def run(context: click.Context, session: Session) -> None:
    """Run the daemon; SIGTERM and Ctrl-C stop it in order."""
    config = session.config
    from daemon.process import run_daemon  # noqa: PLC0415 - the whole daemon, for this command alone

    context.exit(run_daemon(config))


@click.command()
@click.option("--exit-when-done", is_flag=True, help="End once every player-code pair has an outcome.")
@click.option("--no-web", is_flag=True, help="Without the web page.")
@click.pass_context
def demo(context: click.Context, exit_when_done: bool, no_web: bool) -> None:
    """Watch perkd at work against its own simulator.

    It needs no configuration and leaves nothing behind.
    """
    from daemon.demo import run_demo  # noqa: PLC0415 - the whole daemon and a simulator

    context.exit(run_demo(exit_when_done=exit_when_done, web=not no_web))


@click.command()
@pass_session
@click.pass_context
def check(context: click.Context, session: Session) -> None:
    """Check configuration, keys and reachability.

    Nothing is changed, and no code is redeemed.
    """
    config = session.config
    from daemon.doctor import run_check  # noqa: PLC0415 - all adapters

    context.exit(run_check(config))


@click.command()
@pass_session
def reload(session: Session) -> None:
    """Read the configuration again, without a restart.

    Budgets, backoff, intervals and the log level change at once; for anything else perkd says that it
    needs a restart. A faulty file is refused, and the running configuration stays.
    """
    answer = session.ask_daemon("POST", "/api/reload")
    print_line("configuration read again")
    for name in answer.get("needs_restart", []):
        print_line(f"{neutralised(str(name))} has changed: restart perkd for it")
