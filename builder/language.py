"""Identify: which language a body is in, by two detectors, and the verdict on the tag that follows.

`heliport` identifies every article; `langdetect` is the second opinion where the first is unsure or contradicts
the tag, and only where its answer can change the verdict.
"""

import math
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from builder import mixed
from builder.codes import base, macro, same_language
from builder.columns import one_chunk
from builder.schema import SPAN
from builder.scripts import add_script, may_be_in
from builder.tag import heliport_labels

BODY_CHARACTERS = 1000  # from the middle of a body, where page furniture is rare: a whole one costs twice as much
CANDIDATE_LANGUAGES = 30  # that are looked through for the tag's; one that is not among them is far behind
NO_LANGUAGE = frozenset({"und", "zxx", "undhtml"})  # what heliport says of text that it cannot or will not name


class Answer(NamedTuple):
    """What a detector said: a language (None: nothing), its score, and whether it is sure of it."""

    language: str | None
    score: float | None
    sure: bool


PIECE = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.string())])

# What is asked of the detectors, and what they answer, one row a usable article.
REQUEST = pa.schema(
    [
        ("body", pa.string()),  # the middle of it
        ("tag", pa.string()),
        ("paragraphs", pa.list_(pa.string())),  # the beginning of each; null: too short to tell
        ("pieces", pa.list_(PIECE)),  # what may be foreign within them
    ]
)
ANSWERS = pa.schema(
    [
        ("first", pa.string()),
        ("first_score", pa.float32()),
        ("first_sure", pa.bool_()),
        ("second", pa.string()),
        ("second_score", pa.float32()),
        ("second_sure", pa.bool_()),
        ("paragraphs", pa.list_(pa.string())),  # the language of each; null: unsure
        ("foreign", pa.list_(SPAN)),  # the pieces that are foreign
    ]
)


def identify(table: pa.Table) -> pa.Table:
    """Add script, verdict and both detectors' answers (schema.VERDICT) to tidied rows; null where there is no text."""
    scripted = add_script(table)
    return conclude(scripted, answer(request(scripted)))


def request(table: pa.Table) -> pa.RecordBatch:
    """Give what is asked of the usable rows (REQUEST); the rows have their `script`."""
    usable = table.filter(pc.is_null(table["reason"])).combine_chunks()
    text, script = one_chunk(usable["text"]), one_chunk(usable["script"])
    values = text.to_pylist()
    places = mixed.candidates(text, one_chunk(usable["language"]), script)
    pieces = [
        [{"start": start, "end": end, "text": value[start:end]} for start, end in found]
        for value, found in zip(values, places, strict=True)
    ]
    columns = [
        pa.array([middle(value) for value in values], pa.string()),
        one_chunk(usable["language"]),
        mixed.samples(text, script),
        pa.array(pieces, REQUEST.field("pieces").type),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=REQUEST)


def middle(text: str) -> str:
    """Give the middle of a long text, from a word's beginning on.

    >>> len(middle("word " * 1000)), middle("short")
    (1000, 'short')
    """
    if len(text) <= BODY_CHARACTERS * 3 // 2:
        return text
    start = (len(text) - BODY_CHARACTERS) // 2
    word = text.find(" ", start, start + 40) + 1
    return text[word or start :][:BODY_CHARACTERS]


def answer(asked: pa.RecordBatch) -> pa.RecordBatch:
    """Ask heliport about every body and paragraph, and langdetect where its answer can change the verdict (ANSWERS)."""
    bodies, tags = asked["body"].to_pylist(), asked["tag"].to_pylist()
    firsts = _first_answers(bodies)
    seconds = [
        _second_answer(body) if needs_second(tag, first) else Answer(None, None, False)
        for body, tag, first in zip(bodies, tags, firsts, strict=True)
    ]
    columns = [[getattr(each, name) for each in answers] for answers in (firsts, seconds) for name in Answer._fields]
    standards = [_standard(tag, first) for tag, first in zip(tags, firsts, strict=True)]
    columns += [_paragraph_answers(asked["paragraphs"], standards), _foreign(asked["pieces"], standards)]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, ANSWERS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=ANSWERS)


def _standard(tag: str, first: Answer) -> str | None:
    """Give the language that the parts of an article are measured by: the tag's, or the one it is really in.

    None where heliport does not know the tag's language, or is unsure of an article: it cannot tell its parts either.
    """
    if not knows_first(tag):
        return None
    if related(tag, first.language):
        return tag
    return first.language if first.sure else None


def _paragraph_answers(paragraphs: pa.ListArray, standards: list[str | None]) -> list[list[str | None]]:
    """Give the language of each paragraph: the standard where no other explains it much better; null: unsure."""
    flat = paragraphs.flatten().to_pylist()
    parents = pc.list_parent_indices(paragraphs).to_pylist()
    asked = [
        index for index, paragraph in enumerate(flat) if paragraph is not None and standards[parents[index]] is not None
    ]
    found: list[str | None] = [None] * len(flat)
    answers = heliport().par_identify_with_score([flat[index] for index in asked]) if asked else []
    for index, (label, _) in zip(asked, answers, strict=True):
        standard, code = standards[parents[index]], _bcp47(label)
        if label not in NO_LANGUAGE and standard is not None:
            own = related(standard, code) or not is_foreign(flat[index], standard)
            found[index] = standard if own else code
    return [found[start:end] for start, end in _bounds(paragraphs)]


def _foreign(pieces: pa.ListArray, standards: list[str | None]) -> list[list[dict[str, Any]]]:
    """Give the pieces that the standard does not explain, with the language that does; null: which one is unsure."""
    parents = pc.list_parent_indices(pieces).to_pylist()
    flat = [(row, piece) for row, piece in zip(parents, pieces.flatten().to_pylist(), strict=True) if standards[row]]
    texts = [piece["text"] for _, piece in flat]
    best = heliport().par_identify_with_score(texts) if flat else []
    found: list[list[dict[str, Any]]] = [[] for _ in range(len(pieces))]
    for (row, piece), (label, _) in zip(flat, best, strict=True):
        standard, code = standards[row] or "", _bcp47(label)
        if not related(standard, code) and is_foreign(piece["text"], standard):
            language = None if label in NO_LANGUAGE else code
            found[row].append({"start": piece["start"], "end": piece["end"], "language": language})
    return found


def _bounds(lists: pa.ListArray) -> list[tuple[int, int]]:
    offsets = lists.offsets.to_numpy() - lists.offsets[0].as_py()
    return list(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True))


def is_foreign(piece: str, standard: str) -> bool:
    """Tell whether another language explains a piece of text much better (mixed.MARGIN) than this one does."""
    answers = heliport().identify_topk_with_score(piece, CANDIDATE_LANGUAGES)
    own = best = None
    for label, cost in answers:
        code = _bcp47(label)
        if code is None or label in NO_LANGUAGE:
            continue
        if related(standard, code):
            own = cost
            break
        if best is None and may_be_in(piece, code):
            best = cost
    return best is not None and (own is None or own - best >= mixed.MARGIN)


def related(tag: str, detected: str | None) -> bool:
    """Tell whether an answer speaks for a tag, or at least not against it: the same language or one of its group."""
    return same_language(tag, detected) or confused(tag, detected)


def conclude(table: pa.Table, answers: pa.RecordBatch) -> pa.Table:
    """Add schema.VERDICT but the script to the rows of which `answers` tells, in the order of the usable rows."""
    usable = pc.is_null(table["reason"]).to_pylist()
    wanted = [index for index, use in enumerate(usable) if use]
    languages = table["language"].to_pylist()
    scripts, matches = table["script"].to_pylist(), table["script_match"].to_pylist()
    columns: dict[str, list[Any]] = {name: [None] * len(languages) for name in _COLUMNS}
    rows = zip(wanted, *(column.to_pylist() for column in answers.columns[:6]), strict=True)
    for index, first, first_score, first_sure, second, second_score, second_sure in rows:
        verdict = judge(
            languages[index],
            Answer(first, first_score, first_sure),
            Answer(second, second_score, second_sure),
            matches[index],
            scripts[index],
        )
        for name, value in zip(_COLUMNS, (verdict, first, first_score, second, second_score), strict=True):
            columns[name][index] = value
    for name, type in _COLUMNS.items():
        table = table.append_column(name, pa.array(columns[name], type))
    paragraphs = dict(zip(wanted, answers["paragraphs"].to_pylist(), strict=True))
    inner = [[list(place.values()) for place in places] for places in answers["foreign"].to_pylist()]
    return mixed.conclude(table, paragraphs, dict(zip(wanted, inner, strict=True)))


_COLUMNS = {
    "language_verdict": pa.string(),
    "language_detected": pa.string(),
    "language_score": pa.float32(),
    "second_detected": pa.string(),
    "second_score": pa.float32(),
}


def judge(tag: str, first: Answer, second: Answer, script_match: bool | None = None, script: str | None = None) -> str:
    """Give the verdict on a tag's language: `agree`, `disagree`, `uncertain` or `unsupported`.

    Where heliport is unsure, a script that the tag's language is not written in speaks against the tag.

    >>> sure, silent = (lambda language: Answer(language, 1.0, True)), Answer(None, None, False)
    >>> judge("fr", sure("fra"), silent), judge("fr", sure("spa"), sure("es")), judge("fr", sure("spa"), sure("fr"))
    ('agree', 'disagree', 'uncertain')
    >>> judge("hr", sure("srp"), silent), judge("hr", sure("hbs"), silent), judge("bem", sure("swa"), silent)
    ('uncertain', 'agree', 'unsupported')
    """
    if first.sure and same_language(tag, first.language):
        return "agree"
    if not (knows_first(tag) or knows_second(tag)):
        return "unsupported"
    if not first.sure:  # its best guess and the tag may still be of one mind, unless the other objects
        best = second if second.sure and knows_second(tag) else first
        if same_language(tag, best.language):
            return "agree"
        return "disagree" if script_match is False and not confused(tag, best.language) else "uncertain"
    if confused(tag, first.language):
        return "uncertain"
    if second.sure and (same_language(tag, second.language) or _contradicts(second.language, first.language)):
        return "uncertain"
    if is_weak(tag, script) and not (second.sure or script_match is False):
        return "uncertain"  # heliport alone is no witness in a language that it hardly knows
    return "disagree"


def _contradicts(second: str | None, first: str | None) -> bool:
    """Tell whether langdetect speaks against heliport's answer: it knows that language and names another."""
    return knows_second(first) and not same_language(second, first) and not confused(first or "", second)


def needs_second(tag: str, first: Answer) -> bool:
    """Tell whether langdetect's answer can change the verdict."""
    if (first.sure and same_language(tag, first.language)) or not (knows_first(tag) or knows_second(tag)):
        return False
    if not first.sure:
        return knows_second(tag)
    return not confused(tag, first.language) and (knows_second(tag) or knows_second(first.language))


@lru_cache(maxsize=65536)
def confused(tag: str, detected: str | None) -> bool:
    """Tell whether detectors take one of two languages for the other: an answer that is no evidence against the tag.

    Members of one macrolanguage are; other pairs are measured: builder/data/confusions.toml, made by
    `builder check language FILE --confusions`.

    >>> confused("nb", "nn"), confused("nn-NO", "nb"), confused("fr", "es"), confused("fr", None)
    (True, True, False, False)
    """
    if detected is None:
        return False
    if macro(base(tag)) == macro(base(detected)):
        return True
    names = {base(tag), macro(base(tag))}, {base(detected), macro(base(detected))}
    return any(
        (one in names[0] and other in names[1]) or (one in names[1] and other in names[0])
        for one, other in _confusions()[0]
    )


def is_weak(tag: str, script: str | None) -> bool:
    """Tell whether heliport has a name for a language, but hardly ever recognises it in this script (measured)."""
    return (base(tag), script) in _confusions()[1]


@lru_cache(maxsize=1)
def _confusions() -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str | None]]]:
    said = tomllib.loads(resources.files("builder").joinpath("data/confusions.toml").read_text(encoding="utf-8"))
    pairs = {(pair["tag"], pair["detected"]) for pair in said.get("pair", ())}
    pairs |= {(macro(one), macro(other)) for one, other in pairs}  # what holds for a member holds for an answer `sh`
    return frozenset(pairs), frozenset((base(entry["language"]), entry["script"]) for entry in said.get("weak", ()))


@lru_cache(maxsize=65536)
def knows_first(code: str | None) -> bool:
    """Tell whether heliport can answer with this language.

    >>> knows_first("fr"), knows_first("sr-Latn"), knows_first("bem")
    (True, True, False)
    """
    return any(same_language(code, label) for label in heliport_labels() - NO_LANGUAGE)


@lru_cache(maxsize=65536)
def knows_second(code: str | None) -> bool:
    """Tell whether langdetect can answer with this language.

    >>> knows_second("no"), knows_second("ka")
    (True, False)
    """
    return any(same_language(code, label) for label in _second_labels())


@lru_cache(maxsize=1)
def _second_labels() -> frozenset[str]:
    profiles = resources.files("langdetect").joinpath("profiles")
    return frozenset(profile.name for profile in profiles.iterdir() if not profile.name.startswith("_"))


@lru_cache(maxsize=1)
def heliport() -> Any:
    """Load heliport's models: a second and more, 800 MB."""
    import heliport as models

    return models.Identifier()


def _first_answers(bodies: list[str]) -> list[Answer]:
    """Ask heliport; where it is unsure (`und`), its best guess stands with `sure` false."""
    if not bodies:
        return []
    answers = [
        Answer(label, score, label not in NO_LANGUAGE) for label, score in heliport().par_identify_with_score(bodies)
    ]
    unsure = [index for index, answer in enumerate(answers) if not answer.sure]
    if unsure:
        guesses = heliport().par_identify_with_score([bodies[index] for index in unsure], True)
        for index, (label, _) in zip(unsure, guesses, strict=True):
            answers[index] = Answer(None if label in NO_LANGUAGE else label, answers[index].score, False)
    return [Answer(_bcp47(answer.language), _finite(answer.score), answer.sure) for answer in answers]


def sure_languages(texts: list[str]) -> list[str | None]:
    """Give the language of each text as heliport tells it; None where it is unsure."""
    answers = heliport().par_identify_with_score(texts) if texts else []
    return [None if label in NO_LANGUAGE else _bcp47(label) for label, _ in answers]


@lru_cache(maxsize=1024)
def _bcp47(label: str | None) -> str | None:
    """Give a detector's label as BCP-47; heliport refines some labels with a suffix (`msaind`)."""
    if label is None:
        return None
    return label if label.startswith("zh-") else base(label[:3])


def _finite(score: float | None) -> float | None:
    return score if score is not None and math.isfinite(score) else None


@lru_cache(maxsize=1)
def _langdetect() -> Any:
    from langdetect import detector_factory

    detector_factory.init_factory()
    detector_factory._factory.seed = 0
    return detector_factory._factory


def _second_answer(body: str) -> Answer:
    """Ask langdetect, seeded; sure where its best answer has more than half of the probability."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _langdetect().create()
    detector.append(body)
    try:
        best = detector.get_probabilities()[0]
    except (LangDetectException, IndexError):
        return Answer(None, None, False)
    code = {"zh-cn": "zh-CN", "zh-tw": "zh-TW"}.get(best.lang, best.lang)
    # It takes Chinese for Korean now and then: a language that is not written in these letters is no answer.
    return Answer(code, best.prob, best.prob > 0.5 and may_be_in(body, code))
