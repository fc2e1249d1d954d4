"""`/perkd players import`: many players from a file."""

from daemon.discord.answers.allowed import require
from daemon.discord.answers.audited import by
from daemon.discord.answers.desk import Desk, Upload
from daemon.discord.answers.lists import LINES, first_lines, table_file
from daemon.discord.locale import say, say_count
from daemon.discord.text import code_span, plain, units
from daemon.discord.values import Caller, Reply, Right
from daemon.service import MAX_CSV_BYTES, BadFile, ImportReport, RowFault, import_players
from daemon.service.audit import record
from daemon.service.importing import OPERATOR, told

_ROOM = 1400
_LONGEST = 60
_COLUMNS_NAMED = 5
_COLUMNS = ("line", "value", "reason")


async def import_file(desk: Desk, caller: Caller, file: Upload) -> Reply:
    """Register the file's players; each line that can't be taken is named with its reason."""
    require(caller, Right.ADMIN if caller.guild else Right.OWNER)
    if file.size > MAX_CSV_BYTES:
        raise BadFile(f"the file has {file.size} bytes: at most {MAX_CSV_BYTES}: split it")
    data = await file.read(MAX_CSV_BYTES)
    report = await import_players(desk.service, data, by=by(caller) if caller.guild else OPERATOR)
    if not caller.guild:  # the operator's are not audited, but who stands for the operator is
        await record(desk.service, by(caller), "players import", told(report))
    return _told(report, caller.locale)


def _told(report: ImportReport, locale: str) -> Reply:
    head = say(
        "import.done",
        locale,
        added=report.added,
        updated=len(report.updated),
        unchanged=len(report.unchanged),
    )
    lines = [head]
    if report.ignored_columns:
        columns = ", ".join(code_span(one, _LONGEST) for one in report.ignored_columns[:_COLUMNS_NAMED])
        lines.append(say("import.ignored", locale, columns=columns))
    faults = report.faults
    shown = first_lines(
        [_fault(fault, locale) for fault in faults[:LINES]],
        most=LINES,
        room=_ROOM - sum(map(units, lines[1:])),
    )
    if faults:
        lines += [say_count("import.faults", len(faults), locale), *shown]
    if len(shown) == len(faults):
        return Reply("\n".join(lines))
    lines.append(say("list.more.file", locale, count=len(faults) - len(shown)))
    rows = ((fault.line, fault.value, fault.reason) for fault in faults)
    file = table_file("faults.csv", _COLUMNS, rows)
    return Reply("\n".join(lines), files=(file,))


def _fault(fault: RowFault, locale: str) -> str:
    value = code_span(fault.value, _LONGEST)
    return say("import.fault", locale, line=fault.line, value=value, reason=plain(fault.reason, 200))
