"""The city's table of channels (渠道): how appeals come in, and what each asks of whoever brings one."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.events import Channel, ChannelCode
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Place
from shared.service.errors import Invalid

PUBLISHED = Path(__file__).with_name("channels-published.yaml")
"""The channels that every version knows: what counts where a city names no table."""
ALL = Path(__file__).with_name("channels.yaml")
"""Those of the five policies."""


class ChannelClass(StrEnum):
    """What sort of way a channel is; figures are told by it."""

    PHONE = "phone"  # 电话
    ONLINE = "online"  # 网上
    MEETING = "meeting"  # 会谈
    ON_SITE = "on_site"  # 上门
    LETTER = "letter"  # 来信
    SUPERVISION = "supervision"  # 监督
    WINDOW = "window"  # 窗口
    TRANSFER = "transfer"  # 转办


class ChannelRow(BaseModel):
    """A channel. `names`: whether whoever uses it says who asks. `open_to_all`: no clerk is needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: ChannelCode
    zh: Annotated[str, Field(min_length=1, max_length=50)]
    en: Annotated[str, Field(min_length=1, max_length=100)]
    channel_class: Annotated[ChannelClass, Field(alias="class")]
    names: Literal["required", "optional", "never"] = "required"
    open_to_all: bool = False


class ChannelFile(BaseModel):
    """The file of a city's channels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: tuple[ChannelRow, ...]


class Channels:
    """The channels of the city, in the order of the file."""

    def __init__(self, rows: Iterable[ChannelRow]) -> None:
        self.all = tuple(rows)
        self._by_word = {word: row for row in self.all for word in (row.zh, row.code)}

    @classmethod
    def load(cls, path: Path | None) -> "Channels":
        """The table of a file. `Mistakes` names file, line and rule."""
        return cls(strict_yaml.read(path or PUBLISHED, ChannelFile, _contradictions).channels)

    def get(self, code: str) -> ChannelRow | None:
        """The channel with this code; None where the table has none, or not any more."""
        return next((row for row in self.all if row.code == code), None)

    def named(self, written: str, field: str = "channel") -> ChannelRow:
        """The channel that somebody wrote by code or Chinese name. Raises `Invalid` for another one."""
        if (row := self._by_word.get(written.strip())) is not None:
            return row
        raise Invalid(
            f"没有渠道“{written}”；可选：{'、'.join(f'{row.zh}（{row.code}）' for row in self.all)}",
            f"no channel '{written}' here: choose from {', '.join(row.code for row in self.all)}",
            field,
        )


def _contradictions(file: ChannelFile) -> Iterator[tuple[Place, str]]:
    for field in ("code", "zh"):
        words = [getattr(row, field) for row in file.channels]
        for index, word in enumerate(words):
            if word in words[:index]:
                yield ("channels", index, field), f"{word} 重复 / stands twice: {word}"
    if missing := sorted({channel.value for channel in Channel} - {row.code for row in file.channels}):
        yield (
            ("channels",),
            (
                f"缺少 {'、'.join(missing)}：已登记的诉求可能使用，不得删除"
                f" / lacks {', '.join(missing)}: appeals may have come in by them"
            ),
        )
