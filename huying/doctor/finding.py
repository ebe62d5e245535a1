"""What the doctor finds: in order, worth a look, or wrong; in Chinese and English, with what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters. With one that is wrong the command ends with exit code 1."""

    WELL = "ok"
    NOTE = "note"
    WRONG = "wrong"


_LEVELS = {Level.WELL: "正常", Level.NOTE: "注意", Level.WRONG: "有误"}


@dataclass(frozen=True)
class Finding:
    """One line of the doctor. `do` says what to do, in Chinese and English; a well thing needs nothing."""

    level: Level
    about: str
    zh: str
    en: str
    do: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """The line, and below it what to do."""
        line = f"{_LEVELS[self.level]} {self.level:<5}  {self.about:<12} {self.zh} / {self.en}"
        return line if self.do is None else f"{line}\n{'':<12}{'':<13}→ {self.do[0]} / {self.do[1]}"


def well(about: str, zh: str, en: str) -> Finding:
    return Finding(Level.WELL, about, zh, en)


def note(about: str, zh: str, en: str, *do: str) -> Finding:
    return Finding(Level.NOTE, about, zh, en, (do[0], do[1]))


def wrong(about: str, zh: str, en: str, *do: str) -> Finding:
    return Finding(Level.WRONG, about, zh, en, (do[0], do[1]))


def summary(findings: Iterable[Finding]) -> str:
    """How many findings there are of each level, in a sentence."""
    levels = [finding.level for finding in findings]
    number = {level: levels.count(level) for level in Level}
    return (
        f"{number[Level.WRONG]} 项有误，{number[Level.NOTE]} 项注意，{number[Level.WELL]} 项正常"
        f" / {number[Level.WRONG]} wrong, {number[Level.NOTE]} to note, {number[Level.WELL]} ok"
    )
