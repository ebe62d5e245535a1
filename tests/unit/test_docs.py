"""The documentation: links lead somewhere, files that are named exist, decisions have a status."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT)
    for folder in (ROOT, ROOT / "docs")
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:services|shared|huying|tests|docs|deploy)/[\w./-]+)`")
README_LINES = 120


def broken_links(page: Path, text: str) -> list[str]:
    """The links of a page to files of the project that are not there, or to headings that no page has."""
    broken = []
    for link in LINK.findall(text):
        target, _, anchor = link.partition("#")
        if "://" in link:
            continue
        path = ROOT / page.parent / target if target else ROOT / page
        if not path.exists() or (anchor and anchor not in anchors(path.read_text("utf-8"))):
            broken.append(link)
    return broken


def anchors(text: str) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page, (ROOT / page).read_text("utf-8")) == []


def test_a_broken_link_is_noticed() -> None:
    text = "[a](docs/nothing.md) [b](README.md#no-such-heading) [c](docs/README.md#documentation)"
    assert broken_links(Path("README.md"), text) == ["docs/nothing.md", "README.md#no-such-heading"]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=str)
def test_every_file_that_is_named_exists(page: Path) -> None:
    names = NAMED.findall((ROOT / page).read_text("utf-8"))
    assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_first_page_is_short(page: str) -> None:
    assert len((ROOT / page).read_text("utf-8").splitlines()) <= README_LINES


def test_the_index_names_every_page_and_folder_of_the_documentation() -> None:
    links = {
        link.partition("#")[0].split("/")[0]
        for link in LINK.findall((ROOT / "docs/README.md").read_text("utf-8"))
    }
    entries = {path.name for path in (ROOT / "docs").iterdir()} - {"README.md"}
    assert entries <= links


def test_every_decision_has_a_status_and_stands_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    records = sorted((ROOT / "docs/decisions").glob("0*.md"))
    assert [path.name for path in records if "\nStatus: " not in path.read_text("utf-8")] == []
    assert [path.name for path in records if f"({path.name})" not in index] == []
    numbers = [path.name[:4] for path in records]
    assert numbers == [f"{number:04}" for number in range(1, len(records) + 1)]


def superseded_by(text: str) -> list[str]:
    """The records that a status, or a row of the index, names after `Superseded`."""
    return LINK.findall(text.partition("Superseded")[2])[:1]


def test_a_superseded_decision_names_the_newer_record_in_its_status_and_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    for path in sorted((ROOT / "docs/decisions").glob("0*.md")):
        (status,) = re.findall(r"^Status: (.*)$", path.read_text("utf-8"), re.MULTILINE)
        (row,) = re.findall(rf"^.*\]\({path.name}\) \| (.*)$", index, re.MULTILINE)
        assert superseded_by(status) == superseded_by(row), path.name
        assert ("Superseded" in status) == bool(superseded_by(status)), path.name
        assert all(newer > path.name for newer in superseded_by(status)), path.name
