"""`make audit` fails on a known vulnerability and never takes a missing answer for a good one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.requirements import ROOT

CLEAN = {"name": "alpha", "version": "1.0", "vulns": []}
HOLED = {"name": "beta", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
SKIPPED = {"name": "gamma", "skip_reason": "not found"}


def outcome(folder: Path, *answers: str) -> subprocess.CompletedProcess[str]:
    """What the audit does with one file for each answer of a program that stands in for pip-audit."""
    files = [folder / f"{number}.txt" for number in range(len(answers))]
    for file, answer in zip(files, answers, strict=True):
        file.write_text(answer)
    program = folder / "pip-audit"
    program.write_text('#!/bin/sh\nfor file; do :; done\ncat "$file"\necho no connection >&2\n')
    program.chmod(0o755)
    return audit(*map(str, files), path=f"{folder}:/usr/bin:/bin")


def audit(*files: str, path: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "deploy" / "audit.py"), *files]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": path})


def answer(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_packages_without_known_vulnerabilities_pass(tmp_path: Path) -> None:
    completed_process = outcome(tmp_path, answer(CLEAN), answer(CLEAN, CLEAN))
    assert completed_process.returncode == 0
    assert "AUDIT NOT RUN" not in completed_process.stderr


def test_a_known_vulnerability_fails_and_is_named_with_the_version_that_mends_it(tmp_path: Path) -> None:
    completed_process = outcome(tmp_path, answer(CLEAN), answer(HOLED), answer(SKIPPED))
    assert completed_process.returncode == 1
    assert "beta 2.0: PYSEC-1; mended in / 修复版本: 2.1" in completed_process.stderr
    assert "gamma" in completed_process.stderr


@pytest.mark.parametrize("silence", ["", "[]", "{}", answer(), answer(CLEAN, SKIPPED)])
def test_a_missing_answer_is_said_loudly_and_fails(tmp_path: Path, silence: str) -> None:
    completed_process = outcome(tmp_path, answer(CLEAN), silence)
    assert completed_process.returncode == 3
    assert "AUDIT NOT RUN" in completed_process.stderr
    assert "漏洞审计未完成" in completed_process.stderr


def test_an_audit_without_its_program_or_without_files_did_not_run(tmp_path: Path) -> None:
    assert audit("x.txt", path=str(tmp_path)).returncode == 3
    assert audit(path=str(tmp_path)).returncode == 3
