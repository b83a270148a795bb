"""Report the results of `builder check dedup`, as JSON and as pages of Markdown."""

from typing import Any

from builder.checks import planted_templates
from builder.checks.dedup import AIMED, COPIES, EVERY, OURS, Swept, Tallies, Tally
from builder.config.sections import Dedup

_OTHERS = [
    "",
    "The other tools use the same words, n-grams and threshold (datatrove: its default buckets, about 0.72), but know",
    "no stories. Each runs in its usual way. The first article of a cluster counts as the one that the tool keeps.",
]
_SHOWN = ("edited 10 %", "edited 20 %", "corrected", "cut off", "reprinted", "shuffled")


def summary(tallies: Tallies) -> dict[str, Any]:
    """Return the figures of each tool for JSON: over `all` languages, and by language in `languages`.

    Both have `planted`, `found` and `wrong` by kind, `recall` of edits of 1 to 5 %, and `precision` of removals as
    copies; null if nothing was planted or removed.
    """
    return {
        tool: {"all": _figures(_sum(languages)), "languages": {tag: _figures(each) for tag, each in languages.items()}}
        for tool, languages in tallies.items()
    }


def _sum(languages: dict[str, Tally]) -> Tally:
    return sum(languages.values(), Tally())


def _figures(tally: Tally) -> dict[str, Any]:
    counts = {name: dict(sorted(getattr(tally, name).items())) for name in ("planted", "found", "wrong")}
    return {"recall": tally.recall(AIMED), "precision": tally.precision(), **counts}


def markdown(tallies: Tallies, dedup: Dedup, path: str) -> str:
    """Write the page: all tools by kind, then this package by language."""
    tools = {tool: _sum(languages) for tool, languages in tallies.items()}
    ours = tallies[OURS]
    whole = tools[OURS]
    articles = whole.planted["original"]
    worst = min((each.recall(AIMED) or 0, tag) for tag, each in ours.items())
    least = min((each.precision() or 0, tag) for tag, each in ours.items())
    merged, instances = whole.merged(planted_templates.kinds()[:-1])
    lines = [
        "# Accuracy of copy detection",
        "",
        f"Made by `builder check dedup {path}`: word {dedup.ngram}-grams, {dedup.bands} bands × {dedup.rows}, "
        f"Jaccard ≥ {dedup.threshold:g}, containment ≥ {dedup.containment:g}.",
        "",
        f"Planted in {articles:,} real articles with {len(ours)} tags: {whole.count(COPIES):,} copies, and "
        f"{whole.count(planted_templates.kinds()):,} articles of templates, {planted_templates.INSTANCES} of each.",
        "",
        f"- Precision of the removals: {_share(whole.precision(), 5)}; lowest {_share(least[0], 5)} ({least[1]}).",
        f"- Recall of edits of 1, 3 and 5 % of the words: {_share(whole.recall(AIMED), 4)}; lowest "
        f"{_share(worst[0], 4)} ({worst[1]}).",
        f"- Articles of templates wrongly removed as copies: {merged:,} of {instances:,} ({merged / instances:.2%}).",
        "",
        *_tools(tools, whole),
        "",
        *_languages(ours),
    ]
    return "\n".join(lines) + "\n"


def _share(value: float | None, digits: int = 3) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _tools(tools: dict[str, Tally], whole: Tally) -> list[str]:
    """Lay out the results of each tool by kind."""
    lines = [
        "## By kind",
        "",
        "For copies, the table gives the share that was found and matched to its own article; for templates, the share",
        "that was wrongly removed (of all articles except the first of each template). `edited`: so many of the words",
        "are replaced by words of other articles in the language; `corrected`: one or two figures are changed;",
        "`cut off`: only the first 40 to 90 % are left; `reprinted`: a dateline is added in front and an agency at the",
        "end; `shuffled`: the paragraphs are in another order. `template`: so many of the words become slots, numbers",
        "and names first. Each article fills the slots with its own numbers, dates (in the language's words) and names",
        "(from other articles, or of cities if the script has no capitals). `names`: only names become slots.",
        *_OTHERS * (len(tools) > 1),
        "",
        f"| | planted | {' | '.join(tools)} |",
        f"|---|--:|{'--:|' * len(tools)}",
    ]
    for kind in COPIES:
        shares = " | ".join(_share(tally.recall([kind])) for tally in tools.values())
        lines.append(f"| {kind} | {whole.planted[kind]:,} | {shares} |")
    for kind in planted_templates.kinds():
        merged = [tally.merged([kind]) for tally in tools.values()]
        shares = " | ".join(_share(wrong / of if of else None) for wrong, of in merged)
        lines.append(f"| {kind}: merged | {whole.planted[kind]:,} | {shares} |")
    precisions = " | ".join(_share(tally.precision(), 5) for tally in tools.values())
    overall = " | ".join(_share(tally.precision(templates=True), 5) for tally in tools.values())
    return [*lines, f"| precision, copies | | {precisions} |", f"| precision, with templates | | {overall} |"]


def _languages(ours: dict[str, Tally]) -> list[str]:
    lines = [
        "## By language",
        "",
        "`1–5 %`: edits of 1, 3 and 5 % of the words, together. `merged`: articles of templates of 3 to 30 % that were",
        "wrongly removed as copies; `names`: the same for templates that differ only in names.",
        "",
        f"| tag | articles | precision | exact to punctuation | 1–5 % | {' | '.join(_SHOWN)} | merged | names |",
        f"|---|--:|--:|--:|--:|{'--:|' * len(_SHOWN)}--:|--:|",
    ]
    for tag, tally in ours.items():
        cells = [tag, str(tally.planted["original"]), _share(tally.precision(), 4), _share(tally.recall(COPIES[:3]))]
        cells += [_share(tally.recall(AIMED), 4), *(_share(tally.recall([kind])) for kind in _SHOWN)]
        for kinds in (planted_templates.kinds()[:-1], planted_templates.kinds()[-1:]):
            wrong, of = tally.merged(kinds)
            cells.append(f"{wrong}/{of}" if of else "")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def swept(tried: Swept, path: str) -> str:
    """Write the table of a sweep over settings."""
    cuts = sorted({cut for _, cut in tried}, key=("words", "characters", "sounds").index)
    heads = [f"{what}, {cut}" for what in ("1–5 %", "10 %") for cut in cuts]
    lines = [
        "## Settings",
        "",
        f"Made by `builder check dedup {path} --sweep`, on one article in {EVERY}. Recall of edits of 1 to 5 % and",
        "of 10 % of the words is given for scripts that are cut into words, into characters (Chinese, Japanese), and",
        "into the longer n-grams of scripts that write sounds without spaces (Thai, Lao, Khmer, Burmese). Precision is",
        "that of all removals, including articles of templates; `merged` counts these articles.",
        "",
        f"| n-gram | bands × rows | threshold | {' | '.join(heads)} | cut off | shuffled | precision | merged |",
        f"|--:|--:|--:|{'--:|' * len(heads)}--:|--:|--:|--:|",
    ]
    for dedup in dict.fromkeys(dedup for dedup, _ in tried):
        tallies = [tried[dedup, cut] for cut in cuts]
        whole = sum(tallies, Tally())
        cells = [str(dedup.ngram), f"{dedup.bands} × {dedup.rows}", f"{dedup.threshold:g}"]
        cells += [_share(tally.recall(kinds)) for kinds in (AIMED, ("edited 10 %",)) for tally in tallies]
        wrong, of = whole.merged(planted_templates.kinds())
        cells += [_share(whole.recall([kind])) for kind in ("cut off", "shuffled")]
        lines.append(f"| {' | '.join([*cells, _share(whole.precision(templates=True), 4), f'{wrong}/{of}'])} |")
    return "\n".join(lines) + "\n"
