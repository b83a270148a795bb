"""Explain what happened to a record in a few lines, from the decisions of a release."""

from pathlib import Path
from typing import Any

from builder.cli.copies import SHOWN, render_texts, summary
from builder.core.layout import CLUSTERS
from builder.languages.scripts import expected_script
from builder.query import clusters


def stories(release: Path, rows: list[dict[str, Any]], raw: str, width: int, colour: bool) -> list[str]:
    """Describe each record: of a kept one the number of copies, of a few removed ones the two texts too.

    Raw files are looked for below `raw` too, besides the folder from which they were read; `width` is in cells of a
    terminal.
    """
    pairs = []
    if (release / CLUSTERS).is_file():
        pairs = clusters.copies_of(release, {row["id"] for row in rows if row["id"]})
    copied = {(pair.member["file"], pair.member["record"]): pair for pair in pairs}
    described = []
    for row in rows:
        kept = row["decision"] == "kept"
        story = describe(row, summary(pairs, row["id"]) if kept else None)
        pair = copied.get((row["file"], row["record"]))
        if pair and not kept and len(rows) <= SHOWN:
            (texts,) = clusters.texts(release, raw, [pair])
            story = "\n".join([story, "", *render_texts(pair, texts, width, colour)])
        described.append(story)
    return described


def describe(row: dict[str, Any], copies: str | None = None) -> str:
    """Describe one record, one fact per line; `copies` describes similar articles."""
    location = f"{row['file']}, line or row {row['place']}" if row["place"] else row["file"]
    facts = [
        ("file", location),
        ("encoding", row["encoding"] if row["encoding"] not in (None, "utf-8") else None),
        ("tag", row["tag"]),
        ("title", row["title"]),
        ("headline", _headline(row)),
        ("repairs", _repairs(row)),
        ("script", _script(row)),
        ("language", _language(row)),
        ("paragraphs", _paragraphs(row)),
        ("quality", _quality(row)),
        ("repeats", _repeats(row)),
        ("personal data", _personal_data(row)),
        ("furniture", row["furniture"] and _boilerplate(row["furniture"])),
        ("rights", _rights(row)),
        ("decision", _decision(row)),
        ("copy kept", row["kept_id"] and f"{row['kept_id']}, similarity {row['similarity']:.3f}"),
        ("copies", copies),
        ("story", row.get("story")),
        ("split", row["split"]),
        ("first release", row["first_release"]),
        ("notes", row["notes"]),
    ]
    head = row["id"] or "(no id)"
    return "\n".join([head, *(f"  {name:<16}{value}" for name, value in facts if value)])


def _boilerplate(lines: list[str] | list[int]) -> str:
    """List the boilerplate lines that were removed, or count them in a release of ids, which has only their hashes."""
    hidden = sum(isinstance(line, int) for line in lines)
    return f"{hidden} lines, which a release of ids does not show" if hidden else "; ".join(map(repr, lines))


def _headline(row: dict[str, Any]) -> str | None:
    """Describe the headline's folded copy, and whether the text repeats the headline."""
    if row["folded_headline"] is None:
        return None
    folded = {
        "match": "its folded copy matches",
        "prefix": "its folded copy matches but is cut short",
        "mismatch": "the folded line does not match it",
        "absent": "no folded copy",
    }[row["folded_headline"]]
    if row["headline_in_body"] is None:
        return folded
    again = "repeats it" if row["headline_in_body"] else "does not repeat it"
    return f"{folded}; the text {again}; the first sentence has {row['headline_overlap']:.0%} of its words"


def _repairs(row: dict[str, Any]) -> str | None:
    if row["repairs"] is None:
        return None
    left = f"; detected but not repaired: {', '.join(row['unrepaired'])}" if row["unrepaired"] else ""
    return (", ".join(row["repairs"]) or "none") + left


def _script(row: dict[str, Any]) -> str | None:
    if row["script"] is None:
        return None
    expected = expected_script(row["language"])
    match = {None: "", True: ", as the tag requires", False: f", but the tag requires {expected}"}
    return f"{row['script']}{match[row['script_match']]}"


def _language(row: dict[str, Any]) -> str | None:
    if row["language_verdict"] is None:
        return None
    evidence = f"tagged {row['language']}; heliport: {row['language_detected'] or 'nothing'}"
    if row["language_score"] is not None:
        evidence += f" ({row['language_score']:.2f} over its threshold)"
    if row["second_detected"]:
        evidence += f"; langdetect: {row['second_detected']} ({row['second_score']:.2f})"
    return f"{row['language_verdict']} ({evidence})"


def _paragraphs(row: dict[str, Any]) -> str | None:
    """Describe the share of the paragraphs in the tag's language, and the foreign spans, in characters of the text."""
    if row["foreign_spans"] is None:
        return None
    share = (
        "no paragraph has a clear language"
        if row["language_share"] is None
        else f"{row['language_share']:.0%} in the tag's language"
    )
    spans = [f"{span['start']}-{span['end']} ({span['language'] or 'unsure'})" for span in row["foreign_spans"]]
    return f"{share}; foreign: {', '.join(spans)}" if spans else share


def _quality(row: dict[str, Any]) -> str | None:
    if row["word_count"] is None:
        return None
    shares = {
        "letters": row["letter_share"],
        "digits": row["digit_share"],
        "punctuation": row["punctuation_share"],
        "capitals among letters": row["upper_share"],
        "stop words": row["stop_word_share"],
        "lines with a bullet": row["bullet_share"] or None,
        "lines that end in an ellipsis": row["ellipsis_share"] or None,
    }
    facts = [f"{row['word_count']} words"]
    if row["sentences"] is not None:
        facts.append(f"{row['sentences']} sentences")
    facts.append(f"{row['paragraphs']} paragraphs")
    if row["mean_word_length"] is not None:
        facts.append(f"{row['mean_word_length']:.1f} characters per word")
    facts += [f"{name} {share:.0%}" for name, share in shares.items() if share is not None]
    if row["ends_in_stop"] is not None:
        facts.append("ends in a full stop" if row["ends_in_stop"] else "does not end in a full stop")
    return ", ".join(facts + ["cut off"] * bool(row["cut_off"]))


def _repeats(row: dict[str, Any]) -> str | None:
    """List the shares of repeated text that are at least 0.5 %."""
    names = [name for name in row if name.startswith(("duplicate_", "top_")) and (row[name] or 0) >= 0.005]
    shares = [
        f"{name.removesuffix('_share').replace('_', ' ').replace('gram', '-gram')} {row[name]:.0%}" for name in names
    ]
    return ", ".join(shares) or ("none" if row["word_count"] is not None else None)


def _personal_data(row: dict[str, Any]) -> str | None:
    counts = [
        f"{name.replace('_', ' ')} {row[name]}"
        for name in ("emails", "phones", "ip_addresses", "bank_numbers")
        if row[name]
    ]
    return ", ".join(counts) or ("none found" if row["emails"] is not None else None)


def _rights(row: dict[str, Any]) -> str | None:
    rights = [row["license"] and f"license {row['license']}", row["rights"], row["opt_out"] and "opted out of use"]
    return "; ".join(part for part in rights if part) or None


def _decision(row: dict[str, Any]) -> str:
    if row["reason"] is None:
        return str(row["decision"])
    return f"{row['decision']} ({row['reason']}): {row['detail']}"
