"""Rule packs for those who write and sign them: a check, a comparison, sentences, a page, and a schema."""

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.rules.pack import pack_files, texts
from shared.rules.pack.members import parts
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Setting
from shared.rules.time.limits import Limit
from shared.rules.wording import page_words, patterns, words
from shared.rules.wording.clauses import ClauseRow, clause_rows
from shared.rules.wording.sentences import sentences
from shared.rules.wording.teller import Language, Sentence, setting_name

TEMPLATES = Path(__file__).parent / "templates"


def schema() -> str:
    """The JSON Schema of a pack's file, for editors."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Pack.model_json_schema()}
    whole = {"required": document.pop("required")}
    amending = {"required": ["id", "version", "amends"]}
    document |= {"if": {"required": ["amends"]}, "then": amending, "else": whole}
    return json.dumps(document, ensure_ascii=False, indent=2)


def check(file: Path, settings: Path | None) -> str:
    """Check a pack and the numbers that the settings give it. PackError with every mistake."""
    rules = pack_files.read(file, named=True)
    if settings and rules.settings_named:
        rules = rules.with_settings(settings, exactly=True)
    needed = sorted(rules.settings_needed)
    result = f"{rules.ref}: {_both('no_mistakes')}"
    return f"{result}; {_both('needs')}: {', '.join(needed)}" if needed and not settings else result


def difference(first: str, second: str, settings: Path | None, language: Language) -> list[str]:
    """The differences of two packs, rule by rule, one a line."""
    before, after = (_load(name, settings) for name in (first, second))
    lines = [f"{_say('first', language)}: {before.ref}", f"{_say('second', language)}: {after.ref}"]
    heads = dict(_head(before, language)), dict(_head(after, language))
    changed = [
        f"{name}: {heads[0][name]} → {heads[1][name]}"
        for name in heads[0]
        if heads[0][name] != heads[1][name]
    ]
    texts = tuple(sentences(each, language, apart=True) for each in (before, after))
    for topic in page_words.TOPICS:
        rules = tuple({each.about: each for each in text if each.topic == topic} for text in texts)
        about = list(_differences(rules[0], rules[1], language))
        changed += [f"\n{_in(page_words.TOPICS[topic], language)}", *about] if about else []
    return [*lines, *(changed or [_say("same", language)])]


def _differences(
    before: dict[str, Sentence], after: dict[str, Sentence], language: Language
) -> Iterator[str]:
    for about in [*before, *(about for about in after if about not in before)]:
        was, now = before.get(about), after.get(about)
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
    """The pack as a page to print and sign: HTML that needs no other file."""
    rules = _load(name, settings)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("pack.html").render(
        pack=rules,
        language=language,
        title=getattr(rules.title, language),
        head=_head(rules, language),
        topics=_topics(rules, language),
        clauses=_clauses(name, rules, language),
        numbers=_numbers(rules, language),
        hash=_hashes(pack_files.files_of(name)),
        say={key: _in(text, language) for key, text in page_words.PAGE.items()},
    )


def _hashes(files: list[Path]) -> str:
    """The hash of the pack's file; of each by its name, where it amends another."""
    hashes = [sha256(file.read_bytes()).hexdigest() for file in files]
    if len(files) == 1:
        return hashes[0]
    return ", ".join(f"{file.name} {digest}" for file, digest in zip(files, hashes, strict=True))


def text(name: str, settings: Path | None, language: Language) -> str:
    """The pack as text for a terminal."""
    rules = _load(name, settings)
    lines = [getattr(rules.title, language), ""]
    lines += [f"{label}: {value}" for label, value in _head(rules, language)]
    for topic, sentences_ in _topics(rules, language):
        lines += ["", topic, *(line for rule in sentences_ for line in _in_full(rule, language))]
    if rules.settings_named:
        lines += ["", _say("settings", language)]
        lines += [f"  {name}: {value}" for name, value in _numbers(rules, language)]
    if rows := _clauses(name, rules, language):
        lines += ["", _say("clauses", language), *(line for row in rows for line in _row(row, language))]
    elif rules.outside:
        lines += ["", _say("outside", language)]
        lines += [f"  {each.clause}: {getattr(each.why, language)}" for each in rules.outside]
    return "\n".join(lines)


def _clauses(name: str, rules: Pack, language: Language) -> list[ClauseRow]:
    """What the pack does with each clause of its text; nothing where it names no text."""
    text = texts.of(rules, pack_files.file_of(name).parent)
    return clause_rows(rules, text, language) if text else []


def _row(row: ClauseRow, language: Language) -> Iterator[str]:
    yield f"  {row.clause}  {row.demands}".rstrip()
    for treatment in row.treatments:
        reason = f" {_say('choice', language)}: {treatment.reason}" if treatment.reason else ""
        yield f"    {_say(treatment.ground, language)}: {treatment.text}{reason}"


def _load(name: str, settings: Path | None) -> Pack:
    rules = pack_files.unbound(name)
    return pack_files.load(name, settings) if settings and rules.settings_named else rules


def _head(rules: Pack, language: Language) -> list[tuple[str, str]]:
    source = rules.source
    parts = [source.title, source.number, source.issuer, source.dated and source.dated.isoformat()]
    values: dict[str, Any] = {
        "source": "，".join(part for part in parts if part),
        "in_force_on": rules.in_force_on.isoformat(),
        "version": rules.ref,
        "prefix": rules.prefix,
    }
    return [(_say(label, language), value) for label, value in values.items()]


def _topics(rules: Pack, language: Language) -> list[tuple[str, list[Sentence]]]:
    by_topic = groupby(sentences(rules, language), key=lambda sentence: sentence.topic)
    return [(_in(page_words.TOPICS[topic], language), list(group)) for topic, group in by_topic]


def _numbers(rules: Pack, language: Language) -> list[tuple[str, str]]:
    """The settings the pack takes its numbers from, with what they are."""
    numbers = rules.numbers
    limits = numbers.limits if numbers else {}
    values = []
    for setting in {setting.setting: setting for setting in parts(rules, Setting)}.values():
        limit = limits.get(setting.setting, setting.default)
        value = _say("not_given", language) if limit is None else _length(limit, language)
        if limit and setting.setting not in limits:
            value += _say("by_default", language)
        values.append((setting_name(rules, setting.setting, language), value))
    decided = [(_say("decided", language), numbers.decided)] if numbers else []
    return [*sorted(values), *decided]


def _length(limit: Limit, language: Language) -> str:
    plural = "s" if language == "en" and limit.number != 1 else ""
    rolled = _in(patterns.SENTENCES["rolled"], language) if limit.roll else ""
    return f"{limit.number} {_in(words.UNITS[limit.unit], language)}{plural}{rolled}"


def _both(label: str) -> str:
    text = page_words.PAGE[label]
    return f"{text.zh} / {text.en}"


def _say(label: str, language: Language) -> str:
    return _in(page_words.PAGE[label], language)


def _in(text: words.Bilingual, language: Language) -> str:
    return text.zh if language == "zh" else text.en
