"""Compare the headline with the body: whether the body repeats it, and how many of its words open the body."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from builder.core.schema import HEADLINE
from builder.text.fold import fold_words

# The first sentence ends at a final mark or at the end of the paragraph.
_SENTENCE = r"^(?P<first>(?s:.{1,600}?)(?:[.!?…][\"'»”’)\]]*(?:\s|$)|[。！？।॥؟۔።။]|\n\n|$))"


def compare(table: pa.Table, words: pa.Array) -> pa.Table:
    """Append schema.HEADLINE to rows; `words` are the folded words of their texts (fold.shingle_words).

    `headline_in_body` tells whether the whole headline stands in the text. `headline_overlap` is the share of the
    headline's words that stand in the first sentence.
    """
    titles = fold_words(pc.if_else(pc.is_null(table["reason"]), table["title"], None), table["script"]).to_pylist()
    sentence = pc.struct_field(pc.extract_regex(table["text"], _SENTENCE), 0)
    firsts = fold_words(sentence, table["script"]).to_pylist()
    inside: list[Any] = []
    overlaps: list[Any] = []
    for title, first, body in zip(titles, firsts, words.to_pylist(), strict=True):
        if not title or body is None:
            inside.append(None)
            overlaps.append(None)
            continue
        inside.append(f" {title} " in f" {body} ")
        wanted = set(title.split(" "))
        overlaps.append(len(wanted.intersection((first or "").split(" "))) / len(wanted))
    for field, values in zip(HEADLINE, (inside, overlaps), strict=True):
        table = table.append_column(field, pa.array(values, field.type))
    return table
