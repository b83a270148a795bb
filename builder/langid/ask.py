"""Ask the detectors about bodies, paragraphs and foreign pieces."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.measured_columns import SPAN
from builder.langid import spans
from builder.langid.confusions import related
from builder.langid.detectors import (
    CANDIDATE_LANGUAGES,
    NO_LANGUAGE,
    Answer,
    first_answers,
    heliport,
    knows_first,
    second_answer,
    to_bcp47,
)
from builder.langid.verdict import needs_second
from builder.languages.scripts import may_be_in

PIECE = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.string())])

# The question to the detectors, one row per usable article.
REQUEST = pa.schema(
    [
        ("body", pa.string()),  # the middle of the text
        ("tag", pa.string()),
        ("paragraphs", pa.list_(pa.string())),  # the beginning of each; null: too short to identify
        ("pieces", pa.list_(PIECE)),  # possibly foreign pieces within them
    ]
)
# The detectors' answers, in the same order.
ANSWERS = pa.schema(
    [
        ("first", pa.string()),
        ("first_score", pa.float32()),
        ("first_sure", pa.bool_()),
        ("second", pa.string()),
        ("second_score", pa.float32()),
        ("second_sure", pa.bool_()),
        ("paragraphs", pa.list_(pa.string())),  # the language of each; null: unsure
        ("foreign", pa.list_(SPAN)),  # the foreign ones among the pieces
    ]
)


def answer(asked: pa.RecordBatch) -> pa.RecordBatch:
    """Answer a REQUEST with ANSWERS.

    heliport identifies every body and paragraph. langdetect identifies a body only if it can change the verdict.
    """
    bodies, tags = asked["body"].to_pylist(), asked["tag"].to_pylist()
    firsts = first_answers(bodies)
    seconds = [
        second_answer(body) if needs_second(tag, first) else Answer(None, None, False)
        for body, tag, first in zip(bodies, tags, firsts, strict=True)
    ]
    columns = [[getattr(each, name) for each in answers] for answers in (firsts, seconds) for name in Answer._fields]
    standards = [_standard(tag, first) for tag, first in zip(tags, firsts, strict=True)]
    columns += [_paragraph_answers(asked["paragraphs"], standards), _foreign(asked["pieces"], standards)]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, ANSWERS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=ANSWERS)


def _standard(tag: str, first: Answer) -> str | None:
    """Return the language that the parts of an article should be in: the tag's, or else the detected one.

    None if heliport does not know the tag's language, or is unsure of the article and so of its parts.
    """
    if not knows_first(tag):
        return None
    if related(tag, first.language):
        return tag
    return first.language if first.sure else None


def _paragraph_answers(paragraphs: pa.ListArray, standards: list[str | None]) -> list[list[str | None]]:
    """Return the language of each paragraph: the standard unless another explains it much better; null means unsure."""
    flat = paragraphs.flatten().to_pylist()
    parents = pc.list_parent_indices(paragraphs).to_pylist()
    asked = [
        index for index, paragraph in enumerate(flat) if paragraph is not None and standards[parents[index]] is not None
    ]
    languages: list[str | None] = [None] * len(flat)
    answers = heliport().par_identify_with_score([flat[index] for index in asked]) if asked else []
    for index, (label, _) in zip(asked, answers, strict=True):
        standard, code = standards[parents[index]], to_bcp47(label)
        if label not in NO_LANGUAGE and standard is not None:
            own = related(standard, code) or not is_foreign(flat[index], standard)
            languages[index] = standard if own else code
    return [languages[start:end] for start, end in _bounds(paragraphs)]


def _foreign(pieces: pa.ListArray, standards: list[str | None]) -> list[list[dict[str, Any]]]:
    """Return the pieces that the standard does not explain, each with its language; null means that it is unsure."""
    parents = pc.list_parent_indices(pieces).to_pylist()
    flat = [(row, piece) for row, piece in zip(parents, pieces.flatten().to_pylist(), strict=True) if standards[row]]
    texts = [piece["text"] for _, piece in flat]
    best = heliport().par_identify_with_score(texts) if flat else []
    foreign: list[list[dict[str, Any]]] = [[] for _ in range(len(pieces))]
    for (row, piece), (label, _) in zip(flat, best, strict=True):
        standard, code = standards[row] or "", to_bcp47(label)
        if not related(standard, code) and is_foreign(piece["text"], standard):
            language = None if label in NO_LANGUAGE else code
            foreign[row].append({"start": piece["start"], "end": piece["end"], "language": language})
    return foreign


def _bounds(lists: pa.ListArray) -> list[tuple[int, int]]:
    offsets = lists.offsets.to_numpy() - lists.offsets[0].as_py()
    return list(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True))


def is_foreign(piece: str, standard: str) -> bool:
    """Tell whether another language explains a piece of text much better than `standard` does (spans.MARGIN)."""
    answers = heliport().identify_topk_with_score(piece, CANDIDATE_LANGUAGES)
    own = best = None
    for label, cost in answers:
        code = to_bcp47(label)
        if code is None or label in NO_LANGUAGE:
            continue
        if related(standard, code):
            own = cost
            break
        if best is None and may_be_in(piece, code):
            best = cost
    return best is not None and (own is None or own - best >= spans.MARGIN)
