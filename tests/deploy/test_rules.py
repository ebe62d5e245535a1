"""Alerts: each fires in a test of its own, is silent while all is well, and leads to a page that helps."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.programs import DEPLOY, ROOT, program

RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yaml"))
TESTS = sorted((DEPLOY / "prometheus" / "tests").glob("*.yaml"))
RUNBOOKS = ROOT / "docs" / "runbooks"
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for file in RULES
    for group in yaml.safe_load(file.read_text("utf-8"))["groups"]
    for rule in group["rules"]
}
PROMTOOL = "Debian: prometheus"


def cases() -> list[dict[str, Any]]:
    return [test for file in TESTS for test in yaml.safe_load(file.read_text("utf-8"))["tests"]]


def promtool(*words: str | Path) -> str:
    """What promtool says; fails where it finds a mistake."""
    command = [program("promtool", PROMTOOL), *map(str, words)]
    completed_process = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert completed_process.returncode == 0, completed_process.stdout + completed_process.stderr
    return completed_process.stdout


def test_prometheus_accepts_rules_and_configuration() -> None:
    promtool("check", "rules", *RULES)
    promtool("check", "config", "--syntax-only", DEPLOY / "prometheus" / "prometheus.yaml")


def test_every_alert_fires_when_it_must_and_none_while_all_is_well() -> None:
    promtool("test", "rules", *TESTS)


def test_promtool_notices_an_alert_that_never_fires(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "tests").mkdir()
    for file in RULES:
        spoiled = file.read_text("utf-8").replace("huying_outbox_age_seconds) > 120", "nothing) > 120")
        (tmp_path / "rules" / file.name).write_text(spoiled)
    test = tmp_path / "tests" / "delivery.yaml"
    test.write_text((DEPLOY / "prometheus" / "tests" / "delivery.yaml").read_text("utf-8"))
    with pytest.raises(AssertionError, match="OutboxAge"):
        promtool("test", "rules", test)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_test_that_it_fires_and_its_figures_are_in_the_healthy_one(alert: str) -> None:
    fires = [
        asked
        for case in cases()
        for asked in case["promql_expr_test"]
        if f'"{alert}"' in asked["expr"] and asked["exp_samples"]
    ]
    assert fires
    healthy = yaml.safe_load((DEPLOY / "prometheus" / "tests" / "healthy.yaml").read_text("utf-8"))["tests"]
    series = {re.split(r"[{ ]", line["series"])[0] for test in healthy for line in test["input_series"]}
    assert set(re.findall(r"\b(?:huying|node|probe)_[a-z_]+|\bup\b", ALERTS[alert]["expr"])) <= series


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_speaks_both_languages_and_leads_to_its_page(alert: str) -> None:
    rule = ALERTS[alert]
    annotations = rule["annotations"]
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert annotations["runbook"] == f"docs/runbooks/{alert}.md"
    assert re.search(r"[一-鿿]", annotations["summary_zh"])
    assert not re.search(r"[一-鿿]", annotations["summary"])
    kept = set(re.findall(r"by \(([^)]*)\)", rule["expr"])[0].replace(" ", "").split(","))
    used = {label for text in annotations.values() for label in re.findall(r"\$labels\.(\w+)", text)}
    assert used <= kept


def test_there_is_a_page_for_each_alert_and_no_other() -> None:
    pages = {file.stem for file in RUNBOOKS.iterdir()} - {"README"}
    assert pages == ALERTS.keys()
    index = (RUNBOOKS / "README.md").read_text("utf-8")
    for alert in ALERTS:
        assert f"[{alert}]({alert}.md)" in index
        text = (RUNBOOKS / f"{alert}.md").read_text("utf-8")
        for part in ("## What it means", "## What to do", "## When it is over"):
            assert part in text
        assert {*re.findall(r"\]\((\w+)\.md\)", text)} <= pages
