"""Asks whether known vulnerabilities are in the packages of locked files of requirements.

Usage: python deploy/audit.py FILE…, with pip-audit on the PATH. Exit codes: 0, all packages were asked about
and nothing is known; 1, something is known; 3, not everything could be asked about.
"""

import json
import subprocess
import sys
from typing import Any

COMMAND = ("pip-audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")
VULNERABLE, NOT_RUN = 1, 3


def audit(file: str) -> int:
    """Ask about one file and say the outcome."""
    try:
        process = subprocess.run([*COMMAND, "--requirement", file], capture_output=True, text=True)
    except OSError as error:
        return not_run(file, str(error))
    try:
        packages = json.loads(process.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return not_run(file, process.stderr[-1_000:])
    return verdict(file, packages)


def verdict(file: str, packages: list[dict[str, Any]]) -> int:
    """Findings come first; a package that nobody could be asked about is never passed over in silence."""
    findings = [(package, finding) for package in packages for finding in package.get("vulns", ())]
    for package, finding in findings:
        mended = ", ".join(finding["fix_versions"]) or "no version yet / 尚无修复版本"
        vulnerability = f"{package['name']} {package['version']}: {finding['id']}"
        say(f"{file}: {vulnerability}; mended in / 修复版本: {mended}")
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped or not packages:
        not_run(file, f"no answer about / 未查询到: {', '.join(skipped) or 'any package'}")
    else:
        counts = f"{len(packages)} packages, {len(findings)} known vulnerabilities"
        say(f"{file}: {counts} / 已知漏洞 {len(findings)} 个")
    return VULNERABLE if findings else NOT_RUN if skipped or not packages else 0


def not_run(file: str, reason: str) -> int:
    """Say that the audit did not run, so that nobody takes silence for safety."""
    say(f"{reason}\nAUDIT NOT RUN: {file}: vulnerabilities are unknown / 漏洞审计未完成")
    return NOT_RUN


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


def worst(outcomes: list[int]) -> int:
    """Findings outweigh files that could not be asked about; both outweigh a clean file."""
    return VULNERABLE if VULNERABLE in outcomes else max(outcomes, default=NOT_RUN)


if __name__ == "__main__":
    sys.exit(worst([audit(file) for file in sys.argv[1:]]))
