"""Define the terms of a decision: reasons and their stages, decisions, kinds of copies, splits."""

from enum import StrEnum


class Stage(StrEnum):
    """The stages that take records out, in the order in which they decide."""

    READING = "reading"
    RIGHTS = "rights"
    LANGUAGE = "language"
    QUALITY = "quality"
    EVALUATION = "evaluation"
    COPIES = "copies"
    SPLITS = "splits"


class Reason(StrEnum):
    """A reason in `decisions.parquet`; `words` explain it, and `quotes` tells whether its detail may quote a text.

    A release of ids shortens a detail that may quote. A new reason may quote unless its line says otherwise.

    >>> Reason.NEAR, Reason.NEAR.stage, Reason.NEAR.words, Reason.TAG.quotes
    (<Reason.NEAR: 'near'>, <Stage.COPIES: 'copies'>, 'nearly the same wording', True)
    """

    stage: Stage
    words: str
    quotes: bool

    def __new__(cls, value: str, stage: Stage = Stage.READING, words: str = "", quotes: bool = True) -> "Reason":
        """Make a member that is equal to its name in the tables."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.stage, member.words, member.quotes = stage, words, quotes
        return member

    OPT_OUT = "opt_out", Stage.RIGHTS, "its publisher declares that it must not be used", False
    FORGOTTEN = "forgotten", Stage.RIGHTS, "it is on the list of articles to forget, or a copy of one", False

    LANGUAGE_DISAGREE = "language_disagree", Stage.LANGUAGE, "its text is not in the language of its tag", False
    LANGUAGE_UNCERTAIN = "language_uncertain", Stage.LANGUAGE, "its language is uncertain", False
    LANGUAGE_UNSUPPORTED = "language_unsupported", Stage.LANGUAGE, "no detector knows the language of its tag", False
    LANGUAGE_AGREE = "language_agree", Stage.LANGUAGE, "the settings reject articles in their tag's language", False
    MIXED_LANGUAGE = "mixed_language", Stage.LANGUAGE, "too little of it is in the language of its tag", False
    SCRIPT = "script", Stage.LANGUAGE, "it is not in the script of its tag", False

    FURNITURE = "furniture", Stage.QUALITY, "it has only lines that recur over its source", False
    TOO_SHORT = "too_short", Stage.QUALITY, "it has too few words", False
    FEW_LETTERS = "few_letters", Stage.QUALITY, "too few of its characters are letters", False
    REPEATED_LINES = "repeated_lines", Stage.QUALITY, "its lines or paragraphs repeat", False
    REPEATED_WORDS = "repeated_words", Stage.QUALITY, "its phrases repeat", False
    DOUBLED = "doubled", Stage.QUALITY, "it contains its text twice", False
    BULLETS = "bullets", Stage.QUALITY, "it is a list", False
    ELLIPSES = "ellipses", Stage.QUALITY, "too many of its lines end in an ellipsis", False
    CAPITALS = "capitals", Stage.QUALITY, "it is in capitals", False
    CUT_OFF = "cut_off", Stage.QUALITY, "its ending says that it continues elsewhere", False

    CONTAMINATED = "contaminated", Stage.EVALUATION, "it contains a text of an evaluation set"

    EXACT = "exact", Stage.COPIES, "the same text, except for case, punctuation and space", False
    NEAR = "near", Stage.COPIES, "nearly the same wording", False
    CONTAINED = "contained", Stage.COPIES, "a part of a longer article, or quoted whole in one", False
    REVISION = "revision", Stage.COPIES, "an earlier or later version of the same article", False

    SPLIT_CONFLICT = "split_conflict", Stage.SPLITS, "it belongs with an article in a stricter split", False
    SPLIT_MOVED = "split_moved", Stage.SPLITS, "its id and its text were published in two splits", False
    UNDATED = "undated", Stage.SPLITS, "it has no date", False
    EMBARGO = "embargo", Stage.SPLITS, "its date is shortly before the next split begins", False

    ID_CONFLICT = "id_conflict", Stage.READING, "another text has the same id", False
    TAG = "tag", Stage.READING, "its tag is not valid"
    NO_TAG = "no_tag", Stage.READING, "it has no tag", False
    NO_TEXT = "no_text", Stage.READING, "it has no text", False
    JSON = "json", Stage.READING, "not a JSON object", False
    CSV = "csv", Stage.READING, "not valid CSV"
    PARQUET = "parquet", Stage.READING, "not readable as Parquet"
    ENCODING = "encoding", Stage.READING, "its encoding cannot be read"
    FIELD = "field", Stage.READING, "a field has a wrong value"
    NUL = "nul", Stage.READING, "it has a NUL byte", False
    TOO_LONG = "too_long", Stage.READING, "it is longer than the settings allow", False
    TOO_LARGE = "too_large", Stage.READING, "its file is larger than the settings allow"
    DECOMPRESS = "decompress", Stage.READING, "its file cannot be unpacked"
    UNREADABLE = "unreadable", Stage.READING, "its file cannot be read"
    EMPTY = "empty", Stage.READING, "its file contains no record", False
    FORMAT = "format", Stage.READING, "its file has no known format", False
    LINK = "link", Stage.READING, "its file is a link that cannot be followed", False


class Decision(StrEnum):
    """The outcome of every record."""

    KEPT = "kept"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


class Kind(StrEnum):
    """The relation of an article to the kept one. A template removes no article."""

    EXACT = "exact"
    NEAR = "near"
    CONTAINED = "contained"
    REVISION = "revision"
    TEMPLATE = "template"

    @property
    def reason(self) -> Reason:
        """Return the reason of a copy of this kind. Raises ValueError for a template."""
        return Reason(self.value)


class Split(StrEnum):
    """The splits, in order of strictness: nobody may train on an article that was in test."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
