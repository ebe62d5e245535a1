"""Answer templates (常用答复): their placeholders are checked when written and filled when read. Pure."""

from collections.abc import Mapping
from string import Formatter

from shared.rules.wording.words import Bilingual
from shared.service.errors import Invalid

PLACEHOLDERS: dict[str, Bilingual] = {
    "enterprise": Bilingual("企业名称", "the enterprise's name"),
    "number": Bilingual("挂号编号", "the registration number"),
    "title": Bilingual("诉求标题", "the title of the appeal"),
    "unit": Bilingual("本单位名称", "the name of the unit that reads it"),
    "today": Bilingual("当日日期", "the day on which it is read"),
}
"""What a text may name in braces, as `{enterprise}`."""
_EXAMPLE = "{enterprise}"


def check(text: str, field: str) -> None:
    """Raise `Invalid` for a placeholder that nobody fills, and for a brace that stands alone."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise Invalid(
            f"花括号须成对，占位符写作 {_EXAMPLE}；文字中的花括号写作 {{{{ 和 }}}}",
            f"a brace stands alone: write placeholders like {_EXAMPLE}, and {{{{ and }}}} for braces",
            field,
        ) from None
    for _, name, form, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            shown = "、".join(f"{{{known}}}（{words.zh}）" for known, words in PLACEHOLDERS.items())
            raise Invalid(
                f"没有占位符 {{{name}}}；可用的有：{shown}",
                f"there is no placeholder {{{name}}}; there are: "
                + ", ".join(f"{{{known}}} ({words.en})" for known, words in PLACEHOLDERS.items()),
                field,
            )


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with the value of each placeholder. Braces in a value stay as they are."""
    return Formatter().vformat(text, (), values)
