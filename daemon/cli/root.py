"""`perkd`: the group of all commands."""

from pathlib import Path

import click

import daemon
from daemon.cli.codes import codes
from daemon.cli.games import pause, resume
from daemon.cli.guilds import guilds
from daemon.cli.history import history
from daemon.cli.output import tolerate_encodings
from daemon.cli.players import players
from daemon.cli.process import check, demo, reload, run
from daemon.cli.session import Session
from daemon.cli.simulate import simulate
from daemon.cli.status import status
from daemon.cli.storage import backup, export, import_, restore, storage
from daemon.cli.telegram import telegram


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "config",
    metavar="PATH",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration file; else $PERKD_CONFIG, else config.toml.",
)
@click.version_option(daemon.__version__, prog_name="perkd", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Redeem gift codes for a community's players.

    `perkd demo` shows it at work. The other commands reach the running daemon through its control
    socket; those about players, codes, guilds and history work on its store when none runs.

    Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 not running.
    """
    tolerate_encodings()
    context.obj = Session(config)


for command in (run, demo, simulate, status, check, players, codes, guilds, history, pause, resume, reload):
    main.add_command(command)
for command in (backup, restore, export, import_, storage, telegram):
    main.add_command(command)
