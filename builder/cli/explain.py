"""Explain: the story of one record in a few lines, from the decisions of a release."""

from pathlib import Path
from typing import Any

from builder.cli.copies import SHOWN, render_texts, summary
from builder.core.layout import CLUSTERS
from builder.languages.scripts import expected_script
from builder.query import clusters


def stories(release: Path, rows: list[dict[str, Any]], raw: str, width: int, colour: bool) -> list[str]:
    """Tell each record's story: of a kept one how many copies it has, of a few removed ones the two texts.

    `raw` is where raw files may be, besides where they were read; `width` in cells of a terminal.
    """
    pairs = []
    if (release / CLUSTERS).is_file():
        pairs = clusters.copies_of(release, {row["id"] for row in rows if row["id"]})
    copied = {(pair.member["file"], pair.member["record"]): pair for pair in pairs}
    told = []
    for row in rows:
        kept = row["decision"] == "kept"
        story = tell(row, summary(pairs, row["id"]) if kept else None)
        pair = copied.get((row["file"], row["record"]))
        if pair and not kept and len(rows) <= SHOWN:
            (texts,) = clusters.texts(release, raw, [pair])
            story = "\n".join([story, "", *render_texts(pair, texts, width, colour)])
        told.append(story)
    return told


def tell(row: dict[str, Any], copies: str | None = None) -> str:
    """Tell one record's story, a fact a line; `copies` says what is like it."""
    place = f"{row['file']}, line or row {row['place']}" if row["place"] else row["file"]
    facts = [
        ("file", place),
        ("encoding", row["encoding"] if row["encoding"] not in (None, "utf-8") else None),
        ("tag", row["tag"]),
        ("title", row["title"]),
        ("headline", _headline(row)),
        ("repairs", _repairs(row)),
        ("script", _script(row)),
        ("language", _language(row)),
        ("paragraphs", _parts(row)),
        ("quality", _quality(row)),
        ("repeats", _repeats(row)),
        ("personal data", _personal(row)),
        ("furniture", row["furniture"] and _furniture(row["furniture"])),
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


def _furniture(lines: list[str] | list[int]) -> str:
    """Name the lines that were taken out; a release of ids has hashes of them."""
    hidden = sum(isinstance(line, int) for line in lines)
    return f"{hidden} lines, not named in a release of ids" if hidden else "; ".join(map(repr, lines))


def _headline(row: dict[str, Any]) -> str | None:
    """Tell of its folded copy, and whether the text says it again."""
    if row["folded_headline"] is None:
        return None
    folded = {
        "match": "its folded copy matches",
        "prefix": "its folded copy matches as far as it goes",
        "mismatch": "the folded line is not its copy",
        "absent": "no folded copy",
    }[row["folded_headline"]]
    if row["headline_in_body"] is None:
        return folded
    again = "stands in the text once more" if row["headline_in_body"] else "does not stand in the text again"
    return f"{folded}; it {again}; the first sentence has {row['headline_overlap']:.0%} of its words"


def _repairs(row: dict[str, Any]) -> str | None:
    if row["repairs"] is None:
        return None
    left = f"; recognised as wrong and left: {', '.join(row['unrepaired'])}" if row["unrepaired"] else ""
    return (", ".join(row["repairs"]) or "none") + left


def _script(row: dict[str, Any]) -> str | None:
    if row["script"] is None:
        return None
    said = {None: "", True: ", as the tag says", False: f", but the tag says {expected_script(row['language'])}"}
    return f"{row['script']}{said[row['script_match']]}"


def _language(row: dict[str, Any]) -> str | None:
    if row["language_verdict"] is None:
        return None
    said = f"tagged {row['language']}; heliport: {row['language_detected'] or 'nothing'}"
    if row["language_score"] is not None:
        said += f" ({row['language_score']:.2f} over its threshold)"
    if row["second_detected"]:
        said += f"; langdetect: {row['second_detected']} ({row['second_score']:.2f})"
    return f"{row['language_verdict']} ({said})"


def _parts(row: dict[str, Any]) -> str | None:
    """Tell the tag's share of the paragraphs, and what is foreign, by characters of the text."""
    if row["foreign_spans"] is None:
        return None
    share = (
        "none tells its language"
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
        "capitals of the letters": row["upper_share"],
        "stop words": row["stop_word_share"],
        "lines that are bullets": row["bullet_share"] or None,
        "lines that end in an ellipsis": row["ellipsis_share"] or None,
    }
    said = [f"{row['word_count']} words"]
    if row["sentences"] is not None:
        said.append(f"{row['sentences']} sentences")
    said.append(f"{row['paragraphs']} paragraphs")
    if row["mean_word_length"] is not None:
        said.append(f"{row['mean_word_length']:.1f} characters a word")
    said += [f"{name} {share:.0%}" for name, share in shares.items() if share is not None]
    if row["ends_in_stop"] is not None:
        said.append("ends in a full stop" if row["ends_in_stop"] else "does not end in a full stop")
    return ", ".join(said + ["cut off"] * bool(row["cut_off"]))


def _repeats(row: dict[str, Any]) -> str | None:
    """Tell the shares of what is said again, if anything is."""
    names = [name for name in row if name.startswith(("duplicate_", "top_")) and (row[name] or 0) >= 0.005]
    said = [
        f"{name.removesuffix('_share').replace('_', ' ').replace('gram', '-gram')} {row[name]:.0%}" for name in names
    ]
    return ", ".join(said) or ("none" if row["word_count"] is not None else None)


def _personal(row: dict[str, Any]) -> str | None:
    found = [
        f"{name.replace('_', ' ')} {row[name]}"
        for name in ("emails", "phones", "ip_addresses", "bank_numbers")
        if row[name]
    ]
    return ", ".join(found) or ("none found" if row["emails"] is not None else None)


def _rights(row: dict[str, Any]) -> str | None:
    said = [row["license"] and f"license {row['license']}", row["rights"], row["opt_out"] and "must not be used"]
    return "; ".join(part for part in said if part) or None


def _decision(row: dict[str, Any]) -> str:
    if row["reason"] is None:
        return str(row["decision"])
    return f"{row['decision']} ({row['reason']}): {row['detail']}"
