"""A jurisdiction's settings: the numbers that a policy leaves open, by pack and version, read from YAML.

xuancheng-2024:
  - version: 1
    decided: who decided it, when, and where it is written
    limits:
      contact: {number: 1, unit: working_days}
"""

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from shared.files import strict_yaml
from shared.files.yaml_mistakes import Mistakes, Place
from shared.rules.pack.parts import Strict
from shared.rules.terms import PackWord
from shared.rules.time.limits import Limit


class Numbers(Strict):
    """What one jurisdiction gives one pack, in one version. `decided` is the ground of the numbers."""

    version: int = Field(ge=1)
    decided: Annotated[str, Field(min_length=1)]
    limits: dict[PackWord, Limit]


class Settings(RootModel[dict[str, tuple[Numbers, ...]]]):
    """All packs of a jurisdiction. The highest version is in force; older ones stay for older cases."""

    def newest(self, pack: str) -> Numbers:
        """The version in force. There must be one."""
        return max(self.root[pack], key=lambda numbers: numbers.version)


class VersionGone(Mistakes):
    """The version of the settings that a case was registered under is not in the file."""


def of(
    path: Path, pack: str, needed: Set[str], version: str = "", allowed: Set[str] | None = None
) -> Numbers | None:
    """What the file at `path` gives `pack`, in `version` or the newest; None where nothing is needed.

    Mistakes if something `needed` is missing in the newest, or if it gives more than what is `allowed`, where
    that is said. VersionGone if there is no such version.
    """
    if not version:

        def mistakes(content: Settings) -> Iterator[tuple[Place, str]]:
            yield from _twice(content)
            yield from _unmet(content, pack, needed, allowed)

        content = strict_yaml.read(path, Settings, mistakes)
        return content.newest(pack) if content.root.get(pack) else None
    for numbers in strict_yaml.read(path, Settings, _twice).root.get(pack, ()):
        if str(numbers.version) == version and needed <= numbers.limits.keys():
            return numbers
    raise VersionGone(
        f"{path}: '{pack}' has no version {version} here that gives all it needs: "
        "keep the versions that cases were registered under"
    )


def _unmet(
    settings: Settings, pack: str, needed: Set[str], allowed: Set[str] | None
) -> Iterator[tuple[Place, str]]:
    if not settings.root.get(pack):
        if needed:
            yield (), f"'{pack}' is not here: give it {', '.join(sorted(needed))}"
        return
    newest = settings.newest(pack)
    place = (pack, settings.root[pack].index(newest), "limits")
    if missing := sorted(needed - newest.limits.keys()):
        yield place, f"lacks {', '.join(missing)}: give each a limit"
    for superfluous in sorted(newest.limits.keys() - allowed) if allowed is not None else ():
        yield (*place, superfluous), "is nothing the pack asks for: check its spelling"


def _twice(settings: Settings) -> Iterator[tuple[Place, str]]:
    for pack, versions in settings.root.items():
        seen = set()
        for index, numbers in enumerate(versions):
            if numbers.version in seen:
                yield (
                    (pack, index, "version"),
                    f"version {numbers.version} stands twice: give it the next number",
                )
            seen.add(numbers.version)
