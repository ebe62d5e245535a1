"""Classes that common generators make of the banks' schemas compile, and no part of them is an `Object`."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.financing import bank_documents
from services.financing.bank_examples import EXAMPLES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PROGRAMS = Path(__file__).parent / "generated"
SCHEMAS = bank_documents.FOLDER


def program(name: str) -> str:
    """Where a program is; the test is skipped where it is missing."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"NOT TESTED, {name} IS MISSING: install it to compile the classes that banks generate")
    return path


def folder(tmp_path: Path, language: str) -> Path:
    """A copy of the programs of one language."""
    shutil.copytree(PROGRAMS / language, tmp_path / language)
    return tmp_path / language


def fetch(where: Path, *command: str) -> None:
    """Fetch packages; the test is skipped where they cannot be had."""
    done = subprocess.run(command, cwd=where, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED, PACKAGES CANNOT BE HAD: {' '.join(command[:3])}: {done.stderr[-300:]}")


def run(where: Path, *command: str) -> None:
    """Run a program; its words are the failure where it fails."""
    done = subprocess.run(command, cwd=where, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_for_typescript_compile_and_refuse_what_no_bank_may_report(tmp_path: Path) -> None:
    node, npm = program("node"), program("npm")
    where = folder(tmp_path, "typescript")
    fetch(where, npm, "install", "--no-audit", "--no-fund")
    run(where, node, "generate.mjs", str(SCHEMAS))
    run(where, str(where / "node_modules" / ".bin" / "tsc"), "--strict", "--noEmit", "use.ts")


def test_classes_for_java_compile_and_each_field_has_a_type(tmp_path: Path) -> None:
    program("java")
    mvn = program("mvn")
    where = folder(tmp_path, "java")
    fetch(where, mvn, "-q", "-B", f"-Dschemas={SCHEMAS}", "generate-sources")
    run(where, mvn, "-q", "-B", f"-Dschemas={SCHEMAS}", "compile")
    classes = list((where / "target" / "generated-sources").rglob("*.java"))
    assert len(classes) > len(EXAMPLES)
    untyped = [
        f"{path.stem}: {line.strip()}"
        for path in classes
        for line in path.read_text("utf-8").splitlines()
        if re.match(r"\s+private Object ", line)
    ]
    assert untyped == []


def test_classes_for_python_read_the_examples(tmp_path: Path) -> None:
    where = folder(tmp_path, "python")
    fetch(where, sys.executable, "-m", "venv", "venv")
    python = str(where / "venv" / "bin" / "python")
    fetch(where, python, "-m", "pip", "install", "-q", "-r", "requirements.txt")
    for name in ("receipt", "report"):
        made = ("--output-model-type", "pydantic_v2.BaseModel", "--output", f"{name}.py")
        schema = str(SCHEMAS / f"bank.{name}.v1.json")
        run(where, python, "-m", "datamodel_code_generator", "--input", schema, *made)
    (where / "examples.json").write_text(json.dumps(EXAMPLES), "utf-8")
    run(where, python, "use.py", "examples.json")
