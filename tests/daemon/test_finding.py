"""What could not be loaded, as `perkd check` shows it."""

from io import StringIO

from rich.console import Console

from daemon.doctor import draw_findings
from daemon.finding import Finding, not_loaded
from daemon.plugins import PluginError
from daemon.secrets import SecretError


def test_what_to_do_about_a_secret_stands_on_a_line_of_its_own() -> None:
    finding = not_loaded(
        "game wos", SecretError("secret file k: is no UTF-8 text", "write the value into it")
    )
    assert finding == Finding(
        "game wos", well=False, text="secret file k: is no UTF-8 text", way_out="write the value into it"
    )
    console = Console(width=100, file=StringIO(), record=True)
    console.print(draw_findings([finding]))
    lines = console.export_text().splitlines()
    assert lines[0].rstrip().endswith("is no UTF-8 text")
    assert lines[1].strip() == "→ write the value into it"


def test_a_plugin_says_it_in_its_own_words() -> None:
    finding = not_loaded("boards", PluginError("no board is called x"))
    assert (finding.well, finding.text, finding.way_out) == (False, "no board is called x", "")
