"""Rule packs for those who write and sign them: checked, compared, told in sentences, and as a schema."""

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.rules.pack import pack
from shared.rules.pack.pack import Pack
from shared.rules.wording import words
from shared.rules.wording.sentences import Language, Sentence, sentences, setting_name

TEMPLATES = Path(__file__).parent / "templates"


def schema() -> str:
    """The JSON Schema of a pack's file, for editors."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Pack.model_json_schema()}
    return json.dumps(made, ensure_ascii=False, indent=2)


def check(file: Path, settings: Path | None) -> str:
    """That there is no mistake in a pack, and none in what the settings give it. PackError for mistakes."""
    found = pack.read(file, named=True)
    needed = sorted(found.settings_named())
    if settings and needed:
        found = found.with_settings(settings, exactly=True)
    told = f"{found.ref}: {_both('no_mistakes')}"
    return f"{told}; {_both('needs')}: {', '.join(needed)}" if needed and not settings else told


def difference(first: str, second: str, settings: Path | None, language: Language) -> list[str]:
    """What two packs say differently, rule by rule, a line each."""
    one, other = (_found(name, settings) for name in (first, second))
    lines = [f"{_say('first', language)}: {one.ref}", f"{_say('second', language)}: {other.ref}"]
    heads = dict(_head(one, language)), dict(_head(other, language))
    changed = [
        f"{name}: {heads[0][name]} → {heads[1][name]}"
        for name in heads[0]
        if heads[0][name] != heads[1][name]
    ]
    told = tuple(sentences(each, language, apart=True) for each in (one, other))
    for topic in words.TOPICS:
        rules = tuple({each.about: each for each in its if each.topic == topic} for its in told)
        about = list(_differences(rules[0], rules[1], language))
        changed += [f"\n{_in(words.TOPICS[topic], language)}", *about] if about else []
    return [*lines, *(changed or [_say("same", language)])]


def _differences(one: dict[str, Sentence], other: dict[str, Sentence], language: Language) -> Iterator[str]:
    for about in [*one, *(about for about in other if about not in one)]:
        was, now = one.get(about), other.get(about)
        if was and now and (was.text, was.clause) != (now.text, now.clause):
            yield f"  ~ {_say('first', language)}: {_with_ground(was, language)}"
            yield f"    {_say('second', language)}: {_with_ground(now, language)}"
        elif was and not now:
            yield f"  - {_say('only_first', language)}: {_with_ground(was, language)}"
        elif now and not was:
            yield f"  + {_say('only_second', language)}: {_with_ground(now, language)}"


def _with_ground(sentence: Sentence, language: Language) -> str:
    return f"{sentence.text} [{sentence.clause or _say('chosen', language)}]"


def _in_full(sentence: Sentence, language: Language) -> Iterator[str]:
    yield f"  {sentence.text}"
    if sentence.clause:
        yield f"    {_say('clause', language)}: {sentence.clause}"
    if sentence.choice:
        yield f"    {_say('choice', language)}: {sentence.choice}"


def page(name: str, settings: Path | None, language: Language) -> str:
    """The pack as a page to print and sign: HTML that needs nothing else."""
    found = _found(name, settings)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("pack.html").render(
        pack=found,
        language=language,
        title=getattr(found.title, language),
        head=_head(found, language),
        topics=_topics(found, language),
        numbers=_numbers(found, language),
        hash=sha256(pack.file_of(name).read_bytes()).hexdigest(),
        say={key: _in(said, language) for key, said in words.PAGE.items()},
    )


def text(name: str, settings: Path | None, language: Language) -> str:
    """The same for a terminal."""
    found = _found(name, settings)
    lines = [getattr(found.title, language), ""]
    lines += [f"{label}: {value}" for label, value in _head(found, language)]
    for topic, rules in _topics(found, language):
        lines += ["", topic, *(line for rule in rules for line in _in_full(rule, language))]
    if found.settings_named():
        lines += ["", _say("settings", language)]
        lines += [f"  {name}: {value}" for name, value in _numbers(found, language)]
    if found.outside:
        lines += ["", _say("outside", language)]
        lines += [f"  {each.clause}: {getattr(each.why, language)}" for each in found.outside]
    return "\n".join(lines)


def _found(name: str, settings: Path | None) -> Pack:
    found = pack.unbound(name)
    return pack.load(name, settings) if settings and found.settings_named() else found


def _head(found: Pack, language: Language) -> list[tuple[str, str]]:
    source = found.source
    parts = [source.title, source.number, source.issuer, source.dated and source.dated.isoformat()]
    values: dict[str, Any] = {
        "source": "，".join(part for part in parts if part),
        "in_force_on": found.in_force_on.isoformat(),
        "version": found.ref,
        "prefix": found.prefix,
    }
    return [(_say(label, language), value) for label, value in values.items()]


def _topics(found: Pack, language: Language) -> list[tuple[str, list[Sentence]]]:
    by_topic = groupby(sentences(found, language), key=lambda sentence: sentence.topic)
    return [(_in(words.TOPICS[topic], language), list(rules)) for topic, rules in by_topic]


def _numbers(found: Pack, language: Language) -> list[tuple[str, str]]:
    """The settings the pack takes its numbers from, with what they are."""
    given = found.numbers
    if given is None:
        return [
            (setting_name(found, name, language), _say("not_given", language))
            for name in sorted(found.settings_named())
        ]
    values = []
    for name in sorted(found.settings_named()):
        limit = given.limits[name]
        plural = "s" if language == "en" and limit.number != 1 else ""
        rolled = _in(words.SENTENCES["rolled"], language) if limit.roll else ""
        shown = setting_name(found, name, language)
        values.append((shown, f"{limit.number} {_in(words.UNITS[limit.unit], language)}{plural}{rolled}"))
    return [*values, (_say("decided", language), given.decided)]


def _both(label: str) -> str:
    said = words.PAGE[label]
    return f"{said.zh} / {said.en}"


def _say(label: str, language: Language) -> str:
    return _in(words.PAGE[label], language)


def _in(said: words.Bilingual, language: Language) -> str:
    return said.zh if language == "zh" else said.en
