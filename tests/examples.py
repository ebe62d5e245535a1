"""Writes the OpenAPI documents' examples from answers of test cities: `python -m tests.examples FOLDER`.

The folder is filled by a run of tests with `HUYING_RECORDED_ANSWERS=FOLDER`. An operation that the run did
not call keeps its example.
"""

import json
import sys
from pathlib import Path
from typing import Any

from huying.local.services import load
from services import SERVICES

MOST = 2
"""Items of a list in an example."""


def shortened(value: Any) -> Any:
    """`value` with the first items of each list."""
    if isinstance(value, list):
        return [shortened(item) for item in value[:MOST]]
    if isinstance(value, dict):
        return {name: shortened(part) for name, part in value.items()}
    return value


def recorded(folder: Path, service: str) -> dict[str, Any]:
    """The answers of a service by operation."""
    answers = {}
    for file in folder.glob(f"{service} *.json"):
        operation = file.stem.replace("~", "/").partition(" ")[2]
        answers[operation] = shortened(json.loads(file.read_text("utf-8")))
    return answers


def main() -> None:
    for service in SERVICES:
        file = load(service).examples
        before = json.loads(file.read_text("utf-8")) if file.exists() else {}
        examples = before | recorded(Path(sys.argv[1]), service)
        ordered = dict(sorted(examples.items(), key=lambda pair: pair[0].split(" ")[::-1]))
        file.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
