"""Sum up changes: as figures, as the level of the next version, and as the log in each release."""

from collections import Counter
from collections.abc import Iterator, Sequence

from builder.core.manifest_parts import Changes, ChangeSummary, KindCounts, LanguageChanges, plain
from builder.core.printable import BREAK, visible
from builder.diff.compare import KINDS, Change

LABELS = {
    "added": "added",
    "removed": "removed",
    "changed": "text changed",
    "relabelled": "language relabelled",
    "moved": "split moved",
    "metadata": "metadata changed",
}
HEAD = "# Changes\n"
SHOWN = 10  # articles of each kind of change that the text lists


def summary(changes: Sequence[Change]) -> ChangeSummary:
    """Count the changes: `all` by kind, `table` by language and kind, `removed` by reason."""
    counts: dict[str, Counter[str]] = {}
    for change in changes:
        counts.setdefault(change.language or "(none)", Counter())[change.kind] += 1
    total: Counter[str] = Counter()
    for of_language in counts.values():
        total.update(of_language)
    removed = Counter(change.reason or "(unknown)" for change in changes if change.kind == "removed")
    return ChangeSummary(
        all=KindCounts(**{kind: total[kind] for kind in KINDS}),
        removed=dict(sorted(removed.items())),
        table=[
            LanguageChanges(language=language, **{kind: of_language[kind] for kind in KINDS})
            for language, of_language in sorted(counts.items())
        ],
    )


def level(summary: ChangeSummary, redefined: bool) -> str:
    """Return the level of version that the changes call for: major, minor or patch (versions.LEVELS).

    Major: the schema or the cut of the splits differs (`redefined`); minor: articles or languages were added;
    patch: corrections and removals.
    """
    if redefined:
        return "major"
    return "minor" if summary.all.added or summary.all.relabelled else "patch"


def counted(summary: ChangeSummary | Changes) -> str:
    """Return the counts in one line.

    >>> counted(ChangeSummary(all=KindCounts(added=2, removed=1), removed={"gone": 1}, table=[]))
    'added 2, removed 1 (gone 1)'
    """
    counts = []
    for kind in KINDS:
        if count := summary.all.of(kind):
            why = ", ".join(f"{reason} {times}" for reason, times in summary.removed.items())
            counts.append(f"{LABELS[kind]} {count:,}" + (f" ({why})" if kind == "removed" else ""))
    return ", ".join(counts) or "no article differs"


_LEVELS = {
    "major": "the schema or the cut of the splits differs",
    "minor": "articles or languages were added",
    "patch": "corrections and removals",
    None: "the first release",
}


def log(version: str, changes: Changes | None, kept: int, before: str) -> str:
    """Return the text of CHANGELOG.md: this release, then the log of the release before it (`before`).

    `changes` comes from the manifest; it is None for the first release.
    """
    kind = changes.level if changes else None
    lines = [HEAD, f"## {version}: {_LEVELS[kind]}", ""]
    if changes is None:
        lines += [f"{kept:,} articles.", ""]
    else:
        lines += [f"{kept:,} articles. Since {changes.since}: {counted(changes)}.", ""]
        kinds = [kind for kind in KINDS if changes.all.of(kind)]
        if kinds:
            lines += [
                "| language | " + " | ".join(LABELS[kind] for kind in kinds) + " |",
                "|---" * (len(kinds) + 1) + "|",
            ]
            lines += [
                f"| `{row.language}` | " + " | ".join(f"{row.of(kind):,}" for kind in kinds) + " |"
                for row in changes.table
            ]
            lines.append("")
    return "\n".join(lines) + before.removeprefix(HEAD)


def render(summary: ChangeSummary, changes: Sequence[Change]) -> str:
    """Return text: a table of languages and kinds, the reasons of removals, and the first changes of each kind."""
    import pandas as pd

    kinds = [kind for kind in KINDS if summary.all.of(kind)]
    if not kinds:
        return "no article differs"
    frame = pd.DataFrame(plain(summary.table)).set_index("language")[kinds]
    frame.loc["all"] = frame.sum()
    frame.columns = pd.Index([LABELS[kind] for kind in kinds])
    frame.index.name = None
    lines = [frame.to_string()]
    if summary.removed:
        lines += ["", "removed: " + ", ".join(f"{why} {count:,}" for why, count in summary.removed.items())]
    for kind in kinds:
        of_kind = [change for change in changes if change.kind == kind]
        lines += ["", f"{LABELS[kind]}:"]
        lines += [f"  {change.id}{''.join(f': {detail}' for detail in _details(change))}" for change in of_kind[:SHOWN]]
        if len(of_kind) > SHOWN:
            lines.append(f"  and {len(of_kind) - SHOWN:,} more; --json has all")
    return "\n".join(lines)


def _details(change: Change) -> Iterator[str]:
    """Yield the details of one change."""
    if change.detail:
        yield change.detail
    elif change.reason:
        yield change.reason
    if change.before is not None or change.after is not None:
        yield f"{change.before or '(none)'} to {change.after or '(none)'}"
    if change.columns:
        yield ", ".join(change.columns)
    words = zip(change.removed_words or (), change.added_words or (), strict=True)
    differences = [
        " ".join(part for part in (_marked("[-", old, "-]"), _marked("{+", new, "+}")) if part) for old, new in words
    ]
    if differences:
        yield " … ".join(differences[:SHOWN]) + (" …" if len(differences) > SHOWN else "")


def _marked(before: str, words: str, behind: str) -> str:
    shown = visible(words).replace(BREAK, " ")
    return f"{before}{shown if len(shown) <= 100 else shown[:99] + '…'}{behind}" if shown else ""
