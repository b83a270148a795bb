"""What changes amount to: in figures, as a level of version, and as the log that stands in each release."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from builder.core.printable import BREAK, visible
from builder.diff.compare import KINDS, Change

TOLD = {
    "added": "added",
    "removed": "removed",
    "changed": "text changed",
    "relabelled": "language relabelled",
    "moved": "split moved",
    "metadata": "metadata changed",
}
HEAD = "# Changes\n"
SHOWN = 10  # articles of each kind of change that a person is told of


def summary(changes: Sequence[Change]) -> dict[str, Any]:
    """Sum up: `all` (how many changes of each kind), `table` (the same for each language), `removed` (by reason)."""
    counts: dict[str, Counter[str]] = {}
    for change in changes:
        counts.setdefault(change.language or "(none)", Counter())[change.kind] += 1
    total: Counter[str] = Counter()
    for of_language in counts.values():
        total.update(of_language)
    removed = Counter(change.reason or "(unknown)" for change in changes if change.kind == "removed")
    return {
        "all": {kind: total[kind] for kind in KINDS},
        "removed": dict(sorted(removed.items())),
        "table": [
            {"language": language, **{kind: of_language[kind] for kind in KINDS}}
            for language, of_language in sorted(counts.items())
        ],
    }


def level(summary: Mapping[str, Any], redefined: bool) -> str:
    """Tell what a version says of a difference: major, minor or patch (versions.LEVELS).

    Major: the schema or the way the splits are cut is another (`redefined`); minor: articles or languages were added;
    patch: corrections and removals.
    """
    if redefined:
        return "major"
    return "minor" if summary["all"]["added"] or summary["all"]["relabelled"] else "patch"


def counted(summary: Mapping[str, Any]) -> str:
    """Say it in a line.

    >>> counted({"all": {"added": 2, "removed": 1, "changed": 0}, "removed": {"gone": 1}})
    'added 2, removed 1 (gone 1)'
    """
    said = []
    for kind, count in summary["all"].items():
        if count:
            why = ", ".join(f"{reason} {times}" for reason, times in summary["removed"].items())
            said.append(f"{TOLD[kind]} {count:,}" + (f" ({why})" if kind == "removed" else ""))
    return ", ".join(said) or "no article differs"


_LEVELS = {
    "major": "the schema, or the way the splits are cut, is another",
    "minor": "articles or languages were added",
    "patch": "corrections and removals",
    None: "the first release",
}


def log(version: str, changes: Mapping[str, Any] | None, kept: int, before: str) -> str:
    """Give the text of CHANGELOG.md: this release, then what the log of the release before it says.

    `changes` are those of the manifest, with `since` and `level`; null for the first release.
    """
    kind = changes["level"] if changes else None
    lines = [HEAD, f"## {version}: {_LEVELS[kind]}", ""]
    if changes is None:
        lines += [f"{kept:,} articles.", ""]
    else:
        lines += [f"{kept:,} articles. Since {changes['since']}: {counted(changes)}.", ""]
        kinds = [kind for kind in KINDS if changes["all"][kind]]
        if kinds:
            lines += [
                "| language | " + " | ".join(TOLD[kind] for kind in kinds) + " |",
                "|---" * (len(kinds) + 1) + "|",
            ]
            lines += [
                f"| `{row['language']}` | " + " | ".join(f"{row[kind]:,}" for kind in kinds) + " |"
                for row in changes["table"]
            ]
            lines.append("")
    return "\n".join(lines) + before.removeprefix(HEAD)


def render(summary: Mapping[str, Any], changes: Sequence[Change]) -> str:
    """Tell a person what differs: a table of languages and kinds, why articles were removed, and the first of each."""
    import pandas as pd

    kinds = [kind for kind in KINDS if summary["all"][kind]]
    if not kinds:
        return "no article differs"
    frame = pd.DataFrame(summary["table"]).set_index("language")[kinds]
    frame.loc["all"] = frame.sum()
    frame.columns = pd.Index([TOLD[kind] for kind in kinds])
    frame.index.name = None
    lines = [frame.to_string()]
    if summary["removed"]:
        lines += ["", "removed: " + ", ".join(f"{why} {count:,}" for why, count in summary["removed"].items())]
    for kind in kinds:
        of_kind = [change for change in changes if change.kind == kind]
        lines += ["", f"{TOLD[kind]}:"]
        lines += [f"  {change.id}{''.join(f': {said}' for said in _said(change))}" for change in of_kind[:SHOWN]]
        if len(of_kind) > SHOWN:
            lines.append(f"  and {len(of_kind) - SHOWN:,} more; --json has all")
    return "\n".join(lines)


def _said(change: Change) -> Iterator[str]:
    """Say what became of one article."""
    if change.detail:
        yield change.detail
    elif change.reason:
        yield change.reason
    if change.before is not None or change.after is not None:
        yield f"{change.before or '(none)'} to {change.after or '(none)'}"
    if change.columns:
        yield ", ".join(change.columns)
    words = zip(change.removed_words or (), change.added_words or (), strict=True)
    apart = [
        " ".join(part for part in (_marked("[-", old, "-]"), _marked("{+", new, "+}")) if part) for old, new in words
    ]
    if apart:
        yield " … ".join(apart[:SHOWN]) + (" …" if len(apart) > SHOWN else "")


def _marked(before: str, words: str, behind: str) -> str:
    shown = visible(words).replace(BREAK, " ")
    return f"{before}{shown if len(shown) <= 100 else shown[:99] + '…'}{behind}" if shown else ""
