"""Judge a tag by the answers of the detectors."""

from builder.langid.confusions import confused, is_weak
from builder.langid.detectors import Answer, knows_first, knows_second
from builder.languages.codes import same_language


def judge(tag: str, first: Answer, second: Answer, script_match: bool | None = None, script: str | None = None) -> str:
    """Return the verdict on a tag's language: `agree`, `disagree`, `uncertain` or `unsupported`.

    If heliport is unsure, a script in which the tag's language is not written is evidence against the tag.

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
    if not first.sure:  # its best guess may still agree with the tag, unless the other detector objects
        best = second if second.sure and knows_second(tag) else first
        if same_language(tag, best.language):
            return "agree"
        return "disagree" if script_match is False and not confused(tag, best.language) else "uncertain"
    if confused(tag, first.language):
        return "uncertain"
    if second.sure and (same_language(tag, second.language) or _contradicts(second.language, first.language)):
        return "uncertain"
    if is_weak(tag, script) and not (second.sure or script_match is False):
        return "uncertain"  # heliport alone is not evidence in a language that it hardly recognises
    return "disagree"


def _contradicts(second: str | None, first: str | None) -> bool:
    """Tell whether langdetect contradicts heliport's answer: it knows that language and names another."""
    return knows_second(first) and not same_language(second, first) and not confused(first or "", second)


def needs_second(tag: str, first: Answer) -> bool:
    """Tell whether langdetect's answer can change the verdict."""
    if (first.sure and same_language(tag, first.language)) or not (knows_first(tag) or knows_second(tag)):
        return False
    if not first.sure:
        return knows_second(tag)
    return not confused(tag, first.language) and (knows_second(tag) or knows_second(first.language))
