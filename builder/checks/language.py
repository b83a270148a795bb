"""Measure the language verdicts on a file's tags, which are assumed to be right, and on wrong tags."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from builder.checks import planted_spans
from builder.checks.sample import tables
from builder.core.errors import BuilderError
from builder.engine.versions import versions
from builder.langid import ask, confusions, detectors, spans
from builder.langid.identify import conclude, identify, request
from builder.languages import scripts
from builder.languages.codes import base, macro, same_language

VERDICTS = ("agree", "uncertain", "disagree", "unsupported")
CONFUSED_SHARE = 0.005  # languages form a pair if at least so many paragraphs of one are taken for the other
WEAK_SHARE = 0.5  # a language is poorly known if fewer of its articles are recognised


@dataclass(slots=True)
class Tally:
    """Counts for the articles of one tag's language."""

    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)  # verdicts on wrong tags of these articles
    taken_for: Counter[str] = field(default_factory=Counter)  # other languages that articles were taken for
    shares: list[float] = field(default_factory=list)  # language_share of each article
    foreign: int = 0  # spans
    paragraphs: int = 0  # that are long enough
    paragraphs_for: Counter[str] = field(default_factory=Counter)  # other languages that paragraphs were taken for
    recognised: int = 0  # articles for which heliport's best answer is the tag's language
    script: Counter[str] = field(default_factory=Counter)


class Measured(NamedTuple):
    """The result of a check: the counts of each tag's language, and of planted foreign text."""

    languages: dict[str, Tally]
    planted: list[planted_spans.Planted]


def check(path: str) -> Measured:
    """Judge every article of a file by its own tag and by a wrong one; plant foreign text and look for it.

    A hash of the right tag chooses the wrong one, among other languages of the file that a detector knows and that are
    not confused with the right one. If the file has only one language, common languages are added.

    Raises BuilderError if the file has no usable article.
    """
    tallies: dict[str, Tally] = defaultdict(Tally)
    texts: dict[str, str] = {}
    for table in _articles(path):
        for tag, text in zip(table["language"].to_pylist(), table["text"].to_pylist(), strict=True):
            texts.setdefault(tag, text)
    others = sorted(filter(_known, texts))
    if len({base(tag) for tag in others}) < 2:
        others = sorted({*others, "en", "es", "ru", "ar", "zh", "hi", "sw", "tr", "vi", "id"})
    for table in _articles(path):
        asked = request(table)
        answers = ask.answer(asked)
        _count_right(tallies, conclude(table, answers), answers)
        _count_paragraphs(tallies, asked)
        _count_wrong(tallies, table, others)
    return Measured(dict(sorted(tallies.items())), planted_spans.plant(_articles(path), texts))


def _articles(path: str) -> Iterator[pa.Table]:
    usable = 0
    for table in tables(path):
        articles = table.filter(pc.is_null(table["reason"])).combine_chunks()
        usable += len(articles)
        yield articles
    if not usable:
        raise BuilderError(f"{path}: the file has no usable article. Expected tagged articles, as for a build")


def _known(tag: str) -> bool:
    return detectors.knows_first(tag) or detectors.knows_second(tag)


def _count_right(tallies: dict[str, Tally], judged: pa.Table, answers: pa.RecordBatch) -> None:
    names = ("language", "language_verdict", "language_detected", "language_share", "foreign_spans", "script")
    for row in judged.select(names).to_pylist():
        tally = tallies[row["language"]]
        tally.verdicts[row["language_verdict"]] += 1
        tally.script[row["script"]] += 1
        tally.foreign += len(row["foreign_spans"] or ())
        if row["language_share"] is not None:
            tally.shares.append(row["language_share"])
        if same_language(row["language"], row["language_detected"]):
            tally.recognised += 1
        elif row["language_detected"]:
            tally.taken_for[row["language_detected"]] += 1


def _count_paragraphs(tallies: dict[str, Tally], asked: pa.RecordBatch) -> None:
    lists = asked["paragraphs"]
    tags = asked["tag"].take(pc.list_parent_indices(lists)).to_pylist()
    chosen = [(tag, text) for tag, text in zip(tags, lists.flatten().to_pylist(), strict=True) if text is not None]
    for (tag, _), code in zip(chosen, detectors.sure_languages([text for _, text in chosen]), strict=True):
        tallies[tag].paragraphs += 1
        if code is not None and not same_language(tag, code):
            tallies[tag].paragraphs_for[code] += 1


def _count_wrong(tallies: dict[str, Tally], table: pa.Table, others: list[str]) -> None:
    rows, tags = [], []
    for row, (right, tag) in enumerate(zip(table["language"].to_pylist(), table["tag"].to_pylist(), strict=True)):
        wrong = [other for other in others if not _related(right, other)]
        if _known(right) and wrong:
            rows.append(row)
            tags.append(wrong[xxhash.xxh3_64_intdigest(tag.encode()) % len(wrong)])
    if not rows:
        return
    chosen = table.take(pa.array(rows)).drop_columns(["script", "script_match"])
    rights = chosen["language"].to_pylist()
    index = chosen.schema.get_field_index("language")
    chosen = chosen.set_column(index, chosen.schema.field(index), pa.array(tags, pa.string())).combine_chunks()
    judged = identify(chosen)
    for right, verdict in zip(rights, judged["language_verdict"].to_pylist(), strict=True):
        tallies[right].wrong[verdict] += 1


def _related(one: str, other: str) -> bool:
    """Tell whether two tags are one language, members of one macrolanguage, or a confused pair."""
    return macro(base(one)) == macro(base(other)) or confusions.related(one, other) or confusions.related(other, one)


def summary(checked: Measured) -> dict[str, Any]:
    """Return the figures for JSON: by language in `languages`, over `all`, and for `planted` foreign text."""
    languages: dict[str, dict[str, Any]] = {
        tag: {
            "articles": tally.verdicts.total(),
            **{verdict: tally.verdicts[verdict] for verdict in VERDICTS},
            "wrong_tags": tally.wrong.total(),
            "wrong_tags_found": tally.wrong["disagree"],
            "language_share": round(sum(tally.shares) / len(tally.shares), 4) if tally.shares else None,
            "foreign_spans": tally.foreign,
            "taken_for": dict(tally.taken_for.most_common(3)),
        }
        for tag, tally in checked.languages.items()
    }
    names = ("articles", *VERDICTS, "wrong_tags", "wrong_tags_found", "foreign_spans")
    whole: dict[str, Any] = {name: sum(figures[name] for figures in languages.values()) for name in names}
    known = whole["articles"] - whole["unsupported"]
    whole["known"] = known
    whole["disagree_of_known"] = round(whole["disagree"] / known, 5) if known else None
    whole["wrong_found_share"] = (
        round(whole["wrong_tags_found"] / whole["wrong_tags"], 5) if whole["wrong_tags"] else None
    )
    return {"languages": languages, "all": whole, "planted": [each._asdict() for each in checked.planted]}


def markdown(checked: Measured, path: str) -> str:
    """Write the page: head, verdicts by language, planted foreign text, confused languages."""
    figures = summary(checked)
    parts = [
        _head(figures["all"], path),
        _languages(figures["languages"]),
        _foreign(checked.planted),
        _confused(checked.languages),
    ]
    return "\n".join(line for part in parts for line in (*part, ""))


def _head(whole: Mapping[str, Any], path: str) -> list[str]:
    return [
        "# Accuracy of the language verdicts",
        "",
        f"Made by `builder check language {path}` with heliport {versions()['heliport']} and langdetect "
        f"{versions()['langdetect']}.",
        "",
        f"{whole['articles']:,} articles, whose tags are assumed to be right; {whole['known']:,} of them in languages "
        "that a detector knows.",
        "",
        f"- Right tags with the verdict `disagree`: {whole['disagree']} of {whole['known']:,}"
        + (f" ({whole['disagree_of_known']:.2%})." if whole["known"] else "."),
        f"- Wrong tags with the verdict `disagree`: {whole['wrong_tags_found']:,} of {whole['wrong_tags']:,}"
        + (f" ({whole['wrong_found_share']:.2%})." if whole["wrong_tags"] else "."),
        f"- Foreign spans reported: {whole['foreign_spans']:,}.",
        "",
        "Each article is judged twice: by its own tag, and by the tag of another language that a detector knows and",
        "that is not confused with its own. `share`: among the characters of paragraphs with a clear language, the",
        "share in the tag's language (mean over articles). `taken for`: heliport's answers other than that language.",
    ]


def _languages(languages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [
        "| tag | articles | agree | uncertain | disagree | unsupported | wrong tags found | share | foreign spans "
        "| taken for |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for tag, row in languages.items():
        wrong = f"{row['wrong_tags_found']}/{row['wrong_tags']}" if row["wrong_tags"] else ""
        share = f"{row['language_share']:.3f}" if row["language_share"] is not None else ""
        taken = ", ".join(f"{code} {count}" for code, count in row["taken_for"].items())
        cells = [tag, row["articles"], *(row[verdict] or "" for verdict in VERDICTS)]
        cells += [wrong, share, row["foreign_spans"] or "", taken]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def _foreign(planted: Iterable[planted_spans.Planted]) -> list[str]:
    return [
        "## Foreign text",
        "",
        "Pieces of another language in the same script, planted in brackets within the first paragraph of articles:",
        "",
        "| words | planted | found | in their language |",
        "|--:|--:|--:|--:|",
        *(f"| {each.words} | {each.planted} | {each.found} | {each.named} |" for each in planted),
    ]


def _confused(tallies: Mapping[str, Tally]) -> list[str]:
    return [
        "## Confused languages",
        "",
        f"Paragraphs (of at least {spans.PARAGRAPH_CHARACTERS} characters, of which the first "
        f"{spans.SAMPLE_CHARACTERS} count) that heliport confidently took for another language of the script,",
        f"if they are at least {CONFUSED_SHARE:.1%} of the language's paragraphs (half, if no detector knows it):",
        "",
        "| tag | taken for | paragraphs | of |",
        "|---|---|--:|--:|",
        *(
            f"| {pair['tag']} | {pair['detected']} | {pair['paragraphs']} | {pair['of']} |"
            for pair in meaningful_pairs(tallies)
        ),
    ]


def pairs(tallies: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """Return the pairs of confused languages of one script, the most confused first."""
    totals: Counter[str] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for tag, tally in tallies.items():
        totals[base(tag)] += tally.paragraphs
        for code, count in tally.paragraphs_for.items():
            if scripts.expected_script(tag) == scripts.expected_script(code) or macro(base(tag)) == macro(base(code)):
                taken[base(tag), base(code)] += count
    confused = [
        {"tag": tag, "detected": code, "paragraphs": count, "of": totals[tag]}
        for (tag, code), count in taken.items()
        if count >= CONFUSED_SHARE * totals[tag]
    ]
    return sorted(confused, key=lambda pair: (-pair["paragraphs"] / pair["of"], pair["tag"], pair["detected"]))


def meaningful_pairs(tallies: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """Return the pairs without those of poorly known languages, which are taken for any language.

    A language that no detector knows is paired with a language only if half of its paragraphs are taken for it.
    """
    poor = {base(entry["language"]) for entry in weak(tallies)}
    return [
        pair
        for pair in pairs(tallies)
        if pair["tag"] not in poor and (_known(pair["tag"]) or 2 * pair["paragraphs"] >= pair["of"])
    ]


def weak(tallies: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """Return the languages that heliport can answer with, but recognised in fewer than half of the articles.

    A language that it takes for one other language in half of the paragraphs is not weak, but one of a pair.
    """
    mistaken = {pair["tag"] for pair in pairs(tallies) if 2 * pair["paragraphs"] >= pair["of"]}
    return [
        {
            "language": tag,
            "script": tally.script.most_common(1)[0][0],
            "articles": tally.recognised,
            "of": tally.verdicts.total(),
        }
        for tag, tally in tallies.items()
        if detectors.knows_first(tag)
        and tally.recognised < WEAK_SHARE * tally.verdicts.total()
        and base(tag) not in mistaken
    ]


def toml(checked: Measured, path: str) -> str:
    """Write the data file of confused pairs and poorly known languages (builder/data/confusions.toml)."""
    tallies = checked.languages
    poor = weak(tallies)
    lines = [
        f"# Made by `builder check language {path} --confusions` with heliport {versions()['heliport']}.",
        "",
        f"# Pairs: {CONFUSED_SHARE:.1%} or more of the paragraphs of a language that a detector knows were taken for",
        "# the other one (of a language that none knows: half or more).",
    ]
    for pair in meaningful_pairs(tallies):
        lines += ["", "[[pair]]", *_pairs_toml(pair.items())]
    lines += ["", "# Languages that heliport has a name for, but recognised in fewer than half of the articles."]
    for entry in poor:
        lines += ["", "[[weak]]", *_pairs_toml(entry.items())]
    return "\n".join([*lines, ""])


def _pairs_toml(values: Iterable[tuple[str, Any]]) -> list[str]:
    return [f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in values]
