"""Answer templates: placeholders are checked when a text is written, and filled with text alone."""

import pytest

from services.dispatch.templates.domain import PLACEHOLDERS, check, filled
from shared.service.errors import Invalid

VALUES = {name: f"<{name}>" for name in PLACEHOLDERS}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{enterprise}：已勘查", "<enterprise>：已勘查"),
        ("{number}{title}{unit}{today}", "<number><title><unit><today>"),
        ("没有占位符", "没有占位符"),
        ("写作 {{enterprise}}", "写作 {enterprise}"),
    ],
)
def test_known_placeholders_are_filled(text: str, read: str) -> None:
    check(text, "text")
    assert filled(text, VALUES) == read


@pytest.mark.parametrize(
    "text",
    [
        "{phone}",
        "{}",
        "{0}",
        "{enterprise.__class__}",
        "{enterprise!r}",
        "{enterprise:>9}",
        "{enterprise[0]}",
    ],
)
def test_any_other_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(Invalid, match="enterprise"):
        check(text, "text")


@pytest.mark.parametrize("text", ["{", "}", "{enterprise", "a } b", "{{{"])
def test_a_brace_that_stands_alone_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="brace") as raised:
        check(text, "text")
    assert raised.value.field == "text"


def test_what_a_value_holds_is_text() -> None:
    assert filled("{title}", VALUES | {"title": "{unit} {{x}} %s ${y}"}) == "{unit} {{x}} %s ${y}"
