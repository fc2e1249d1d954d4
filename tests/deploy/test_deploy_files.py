"""What deploy/ says fits the program: metrics that exist, variables that are read, a locked-down unit."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from daemon.config import load_config
from daemon.web.metrics import exposition
from tests.worlds.status_document import STATUS

DEPLOY = Path(__file__).parents[2] / "deploy"
SECRETS = {"PERKD_WOS_SIGN_KEY", "DISCORD_TOKEN", "MONGODB_URI", "PERKD_STATUS_TOKEN"}
VIP_SECRETS = {"TELEGRAM_API_ID", "TELEGRAM_API_HASH", "TELEGRAM_SESSION_KEY"}
_WORD = re.compile(r"\b(?:perkd|process)_[a-z_]+")


def known_samples() -> dict[str, set[str]]:
    """Name of each sample that can be had → the names of its labels."""
    text = exposition(STATUS, ready=True).decode()
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def expressions() -> list[tuple[str, str]]:
    """(PromQL, the text that shows its labels) of every alert and panel."""
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    found = [
        (rule["expr"], " ".join(rule["annotations"].values()))
        for group in rules["groups"]
        for rule in group["rules"]
    ]
    board = json.loads((DEPLOY / "grafana" / "perkd.json").read_text())
    found += [(t["expr"], t["legendFormat"]) for panel in board["panels"] for t in panel["targets"]]
    return found


@pytest.mark.parametrize(("expression", "text"), expressions())
def test_alerts_and_panels_ask_for_metrics_and_labels_that_there_are(expression: str, text: str) -> None:
    samples = known_samples()
    names = _WORD.findall(expression)
    assert names
    assert set(names) <= set(samples)
    labels = set.union(*(samples[name] for name in names))
    shown = set(re.findall(r"\{\{\s*(?:\$labels\.)?([a-z]+)\s*\}\}", text))
    assert shown <= labels
    assert set(re.findall(r"([a-z]+)=", expression)) <= labels
    assert expression.count("(") == expression.count(")")


@pytest.mark.parametrize("expression", [expression for expression, _ in expressions()])
def test_series_whose_labels_differ_are_compared_without_them_and_gauges_are_no_counters(
    expression: str,
) -> None:
    outcomes = set(re.findall(r'outcome="([a-z]+)"', expression))
    assert len(outcomes) < 2 or "> ignoring(outcome)" in expression
    grown = re.findall(r"(?:increase|rate)\((\w+)", expression)
    assert all(name.endswith("_total") for name in grown)


def test_every_metric_of_the_daemon_is_on_the_board_or_watched_or_told_by_another() -> None:
    asked = set(_WORD.findall(" ".join(expression for expression, _ in expressions())))
    told_by_others = {
        "perkd_info",
        "perkd_source_checks_total",
        "perkd_source_errors_in_a_row",
    }
    told_by_others |= {"perkd_actor_dead_letters_total", "perkd_calls_in_flight", "perkd_discord_guilds"}
    mine = {name for name in known_samples() if name.startswith("perkd_")}
    assert mine - asked == told_by_others


def test_the_panels_do_not_overlap_and_have_their_own_ids() -> None:
    panels = json.loads((DEPLOY / "grafana" / "perkd.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_the_configuration_of_the_image_is_valid() -> None:
    config = load_config(DEPLOY / "container.toml", {"PORT": "8470"})
    assert config.perkd.data_dir == Path("/var/lib/perkd")
    assert config.status.listen == "0.0.0.0:8470"
    assert {config.discord.token_env, config.storage.mongodb_uri_env, config.status.token_env} <= SECRETS
    telegram = config.telegram
    assert {telegram.api_id_env, telegram.api_hash_env, telegram.session_key_env} == VIP_SECRETS


def test_the_image_takes_what_it_needs_and_nothing_else() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = {
        word
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    ignored = (DEPLOY.parent / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    assert all((DEPLOY.parent / name).exists() for name in copied)
    assert "--require-hashes" in "\n".join(lines)
    assert "USER perkd" in lines
    assert not [line for line in lines if any(f"{secret}=" in line for secret in SECRETS)]


def test_the_blueprint_asks_for_every_secret_and_holds_none() -> None:
    (service,) = yaml.safe_load((DEPLOY / "render.yaml").read_text())["services"]
    variables = {one["key"]: one for one in service["envVars"]}
    assert set(variables) == {*SECRETS, "PORT"}
    assert all("value" not in variables[name] for name in SECRETS)
    assert service["healthCheckPath"] == "/healthz"
    assert service["numInstances"] == 1
    assert (DEPLOY.parent / service["dockerfilePath"]).exists()


def test_the_unit_names_a_credential_for_every_secret_and_is_told_of_progress() -> None:
    unit = (DEPLOY / "perkd.service").read_text()
    assert set(re.findall(r"LoadCredential=([A-Z_]+):", unit)) == SECRETS | VIP_SECRETS
    assert "Type=notify" in unit
    assert not re.search("^ProcSubset=pid", unit, re.MULTILINE)  # prometheus_client reads /proc/stat
    assert re.search(r"^WatchdogSec=", unit, re.MULTILINE)
    assert re.search(r"^RestartPreventExitStatus=2$", unit, re.MULTILINE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "perkd.service").read_text()
    # The program and its secrets are not installed where the tests run.
    unit = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit)
    unit = re.sub(r"^LoadCredential=.*$", "", unit, flags=re.MULTILINE)
    (tmp_path / "perkd.service").write_text(unit)
    fault = _systemd_analyze("verify", str(tmp_path / "perkd.service"))
    assert fault == ""
    threshold = ["--offline=true", "--threshold=15", "--no-pager"]
    _systemd_analyze("security", *threshold, str(DEPLOY / "perkd.service"))


def _systemd_analyze(*words: str) -> str:
    """What it complains of; raises where it says no."""
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=True)  # noqa: S603, S607 - our own words
    return done.stderr
