"""`perkd backup`, `restore`, `export`, `import` and `storage`: the state as files."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.failures import CommandFailed, ExitCode, complain
from daemon.cli.output import print_line, print_raw
from daemon.cli.session import Session, pass_session
from daemon.safe_text import neutralised

if TYPE_CHECKING:
    from daemon.storage.contents import Contents

LEADS = (
    "With MongoDB configured, everything in MongoDB is replaced by this state at the next start:\n"
    "what only MongoDB has is lost then."
)
force_option = click.option("--force", is_flag=True, help="Replace a file that is there already.")


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@force_option
@pass_session
def backup(session: Session, file: Path, force: bool) -> None:
    """Copy the state to FILE, also while perkd runs.

    FILE is complete and checked when it appears, and open to you alone: names and ids of players are
    in it. `perkd restore` reads it.
    """
    from daemon.storage.backup import back_up  # noqa: PLC0415 - as in `_database`

    if str(file) == "-":
        raise CommandFailed("a backup can't be written to a pipe: name a file, or use `perkd export -`")
    database = _database(session)
    _refuse_stale(session)
    with _failures():
        contents = back_up(database, file, replace=force)
    print_line(neutralised(f"{file}: {contents}"))
    _print_records(contents)


@click.command(short_help="Put a backup in the place of the state.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Set aside the state that is there, and replace it.")
@pass_session
def restore(session: Session, file: Path, force: bool) -> None:
    """Put the backup FILE in the place of the state, while perkd is stopped.

    The state that is there is renamed, not deleted. With MongoDB configured, what is in MongoDB is
    replaced by the restored state at the next start.
    """
    from daemon.storage.restore import restore as put_back  # noqa: PLC0415 - as in `_database`

    database = _database(session)
    with _failures():
        restored = put_back(file, database, force=force)
    print_line(neutralised(f"restored {file}: {restored.contents}"))
    _print_records(restored.contents)
    if restored.aside is not None:
        print_line(neutralised(f"what was there is now {restored.aside}"))
    print_line(LEADS)


@click.command("export", short_help="Write the state as JSON lines, also while perkd runs.")
@click.argument("file", metavar="[FILE|-]", type=click.Path(path_type=Path), default=Path("-"))
@force_option
@pass_session
def export(session: Session, file: Path, force: bool) -> None:
    """Write the state as JSON lines to FILE or standard output, also while perkd runs.

    The first line is a header, each other one a record. `perkd import` reads it.
    """
    from daemon.storage.contents import counted  # noqa: PLC0415 - as in `_database`
    from daemon.storage.dump import dump, dump_to  # noqa: PLC0415

    database = _database(session)
    _refuse_stale(session)
    with _failures():
        if str(file) != "-":
            number = dump_to(database, file, time.time(), replace=force)
            complain(f"{counted(number, 'record')} written to {file}")
            return
        with contextlib.closing(dump(database, time.time())) as chunks:
            for chunk in chunks:
                if not print_raw(chunk):
                    return


@click.command("import", short_help="Take in the records of an export.")
@click.argument("file", metavar="FILE|-", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--merge", is_flag=True, help="Put the records beside and over those that are there.")
@pass_session
def import_(session: Session, file: str, merge: bool) -> None:
    """Take the records of an export into the state, while perkd is stopped; `-` is standard input.

    All are taken, or none: the first line that is wrong ends it. Without --merge the state must be
    empty.
    """
    from daemon.storage.contents import counted, place  # noqa: PLC0415 - as in `_database`
    from daemon.storage.load import load  # noqa: PLC0415

    name = "standard input" if file == "-" else file
    database = _database(session)
    with _failures(), click.open_file(file, "rb") as lines:
        done = load(lines, name, database, merge=merge)
    where = f": {place(done.position)}" if done.added or done.updated else ""
    what = f"{counted(done.added, 'record')} added, {done.updated:,} updated, {done.unchanged:,} unchanged"
    print_line(what + where)


@click.group()
def storage() -> None:
    """Check the state's file; choose which of two states counts."""


@storage.command("check", short_help="Check the file and all that is in it.")
@pass_session
def check(session: Session) -> None:
    """Check the file, every record in it and the journal, also while perkd runs.

    Nothing is changed. The exit code is 1 where something is wrong.
    """
    from daemon.storage.soundness import check_store  # noqa: PLC0415 - as in `_database`

    all_well = True
    for finding in check_store(_database(session)):
        all_well &= finding.well
        sign = click.style("✓", "green") if finding.well else click.style("✗", "red", bold=True)
        print_line(f"{sign} {finding.what:<13} {neutralised(finding.text)}")
    if not all_well:
        raise click.exceptions.Exit(ExitCode.FAILED)


@storage.command("keep", short_help="Choose whose state counts: the file's or MongoDB's.")
@click.argument("which", type=click.Choice(["file", "mongodb"]))
@pass_session
def keep(session: Session, which: str) -> None:
    """Choose whose state counts where the file and MongoDB have diverged, while perkd is stopped.

    file: at the next start everything in MongoDB is replaced by what the file holds. mongodb: the file
    is renamed, and filled from MongoDB at the next start.
    """
    if which == "file":
        _keep_file(_database(session))
    else:
        _keep_mongodb(session)


def _keep_file(database: Path) -> None:
    from daemon.storage.restore import keep_file  # noqa: PLC0415 - as in `_database`

    with _failures():
        contents = keep_file(database)
    print_line(neutralised(f"{database} counts from now on: {contents}"))
    print_line(LEADS)


def _keep_mongodb(session: Session) -> None:
    from daemon.secrets import SecretError  # noqa: PLC0415
    from daemon.storage.restore import keep_other  # noqa: PLC0415 - as in `_database`
    from daemon.storing import mongodb_address  # noqa: PLC0415

    database, variable = _database(session), session.config.storage.mongodb_uri_env
    try:
        address = mongodb_address(session.config)
    except SecretError as error:
        raise CommandFailed(str(error), ExitCode.BAD_USAGE) from None
    if address is None:
        raise CommandFailed(
            f"MongoDB is not configured here ({variable or '[storage] mongodb_uri_env'} is not set), and "
            "without it perkd would start with nothing: set it as for `perkd run`, then try again"
        )
    with _failures():
        aside = keep_other(database)
    if aside is None:
        print_line(neutralised(f"there is no file {database}: the next start fills it from MongoDB anyway"))
        return
    print_line("MongoDB's state counts: the next start fills the file from it.")
    print_line(
        neutralised(f"What only the file had is in {aside}; `perkd restore` with that name takes it back.")
    )


def _refuse_stale(session: Session) -> None:
    """Copy no file that MongoDB has taken over from: perkd knows it, also where the disk took no mark."""
    try:
        status = session.ask_daemon("GET", "/api/status")
    except CommandFailed:
        return  # none runs, or it does not say: then the mark decides
    if mongodb_leads(status):
        raise CommandFailed(
            "MongoDB alone keeps the state now (`perkd status` says why), and the file lacks its newer "
            "changes: try again when the file leads"
        )


def mongodb_leads(status: Mapping[str, Any]) -> bool:
    """Whether the status of a daemon says so."""
    backends = (status.get("storage") or {}).get("backends") or {}
    return bool((backends.get("mongodb") or {}).get("state") in {"leading", "failing"})


def _database(session: Session) -> Path:
    """Where the state is. Raises `CommandFailed` for a faulty configuration."""
    config = session.config
    from daemon.storing import database  # noqa: PLC0415 - the whole daemon: not for `--version`

    return database(config)


def _print_records(contents: "Contents") -> None:
    for name, number in contents.records.items():
        if number:
            print_line(f"  {name:<13} {number:>9,}")


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """What the store's operations refuse, as the command's failure."""
    from actors.ports import StoreUnavailable  # noqa: PLC0415 - as in `_database`
    from daemon.storage import SchemaTooNew, StoreDamaged  # noqa: PLC0415
    from daemon.storage.contents import FileRefused  # noqa: PLC0415

    try:
        yield
    except (FileRefused, StoreUnavailable, StoreDamaged, SchemaTooNew) as error:
        raise CommandFailed(str(error)) from None
