"""The Arrow schema of each stage: what a record, a prepared article, a published row and a decision have.

Null means *not known*. Times are UTC, microseconds. Languages are BCP-47, scripts ISO 15924.
"""

import pyarrow as pa

STRING = pa.string()
TIME = pa.timestamp("us", tz="UTC")

# A record as the file gives it: where it stood, and what it says. `reason` is set where it cannot be used.
RECORD = pa.schema(
    [
        pa.field("file", STRING, nullable=False),  # path below the raw root, parted by "/"
        pa.field("record", pa.int64(), nullable=False),  # its number in the file, from 0
        pa.field("place", pa.int64()),  # line of a text file, row of a table, from 1; null: the whole file
        pa.field("format", STRING),  # text, jsonl, csv, parquet
        pa.field("encoding", STRING),
        pa.field("notes", STRING),  # what was guessed, dropped or not understood, in words
        pa.field("reason", STRING),  # why it is quarantined
        pa.field("detail", STRING),  # that reason in words: where, found, expected, what to do
        pa.field("raw", pa.binary()),  # its bytes, if it is quarantined and they are not the whole file
        pa.field("span_offset", pa.int64()),  # where they are in the unpacked file, if they are too many to hold here
        pa.field("span_length", pa.int64()),
        pa.field("tag", STRING),
        pa.field("language", STRING),
        pa.field("tag_id", STRING),
        pa.field("collection", STRING),
        pa.field("title", STRING),
        pa.field("text", STRING),
        pa.field("date", TIME),
        pa.field("url", STRING),
        pa.field("canonical", STRING),  # the URL that a page calls its own
        pa.field("source", STRING),
        pa.field("author", STRING),
        pa.field("story_field", STRING),
        pa.field("license", STRING),
        pa.field("rights", STRING),
        pa.field("opt_out", pa.bool_()),  # whether its publisher says that it must not be used
    ]
)

# What the steps of prepare add, in their order.
TIDY = [
    pa.field("folded_headline", STRING),  # match, prefix, mismatch or absent
    pa.field("repairs", pa.list_(STRING)),  # what was repaired in headline and text: repairs.repaired, and quotes
    pa.field("unrepaired", pa.list_(STRING)),  # what was recognised as wrong and left, being ambiguous: quotes
]
VERDICT = [
    pa.field("script", STRING),
    pa.field("script_match", pa.bool_()),  # whether it is the one that the tag names or implies
    pa.field("language_verdict", STRING),
    pa.field("language_detected", STRING),  # heliport's answer; null: it gave none
    pa.field("language_score", pa.float32()),  # heliport's confidence over its threshold for that language
    pa.field("second_detected", STRING),  # langdetect's answer; null: not asked, or none
    pa.field("second_score", pa.float32()),  # its probability
]
SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("language", pa.string())])
MIXED = [
    pa.field("paragraph_languages", pa.list_(STRING)),  # BCP-47; null: too short to tell, or unsure
    pa.field("language_share", pa.float32()),  # the tag's language's, of the characters of paragraphs that tell
    pa.field("foreign_spans", pa.list_(SPAN)),  # characters of the text, from start to before end
]
HEADLINE = [
    pa.field("headline_in_body", pa.bool_()),  # whether it stands in the text once more
    pa.field("headline_overlap", pa.float32()),  # the share of its words that the first sentence has
]
PRIVACY = [
    pa.field("emails", pa.int32()),  # how many stand in the text
    pa.field("phones", pa.int32()),
    pa.field("ip_addresses", pa.int32()),
    pa.field("bank_numbers", pa.int32()),  # IBANs and payment cards
]
SIGNALS = [
    pa.field("word_count", pa.int32()),  # runs of letters and digits; ICU's words in scripts without spaces
    pa.field("sentences", pa.int32()),  # null in scripts that do not mark them
    pa.field("paragraphs", pa.int32()),
    pa.field("mean_word_length", pa.float32()),  # in characters; null without words
    # Of the visible characters: letters and their marks, numbers of any script, punctuation.
    *(pa.field(name, pa.float32()) for name in ("letter_share", "digit_share", "punctuation_share")),
    pa.field("upper_share", pa.float32()),  # of the letters that have case; null where most have none
    # What stood in the text before: of all lines and paragraphs, and of their characters.
    *(
        pa.field(f"duplicate_{of}_share", pa.float32())
        for of in ("line", "line_character", "paragraph", "paragraph_character")
    ),
    *(pa.field(f"top_{n}gram_share", pa.float32()) for n in (2, 3, 4)),  # of the characters of all words
    *(pa.field(f"duplicate_{n}gram_share", pa.float32()) for n in range(5, 11)),  # of the characters of all words
    pa.field("stop_word_share", pa.float32()),  # of the words; null where no list serves the language in that script
    pa.field("bullet_share", pa.float32()),  # of the lines: those that begin with a bullet
    pa.field("ellipsis_share", pa.float32()),  # of the lines: those that end in an ellipsis
    pa.field("ends_in_stop", pa.bool_()),  # behind quotes and brackets; null in scripts that do not mark sentences
    pa.field("cut_off", pa.bool_()),  # the ending says that the text goes on elsewhere
]
PAGES = pa.field("pages", pa.list_(STRING))  # urls.normalize_url of its URLs
LINES = [pa.field("lines", pa.list_(pa.uint64()))]  # a hash of each line with a letter: lines.line_keys
SIGNATURE = [
    pa.field("characters", pa.int32()),  # of the text
    pa.field("bytes", pa.int32()),  # of the text in UTF-8
    pa.field("words", pa.int32()),  # words; characters in scripts without spaces
    pa.field("exact_hash", STRING),  # of the folded text: equal for exact copies
    pa.field("bands", pa.list_(pa.uint64())),  # MinHash band hashes; null: compared exactly only
    pa.field("sketch", pa.list_(pa.uint64())),  # one in four of its shingles, chosen by hash; null like bands
]
# Lines that recur over a source: found over the whole corpus, and known to the decisions alone.
FURNITURE = [pa.field("furniture", pa.list_(STRING))]
PREPARED = pa.schema(
    [*RECORD, *TIDY, *PRIVACY, PAGES, *VERDICT, *MIXED, *HEADLINE, *SIGNALS, *LINES, *SIGNATURE, *FURNITURE]
)

# A published row: the same for every language and split.
ARTICLE = pa.schema(
    [
        pa.field("id", STRING),
        pa.field("tag", STRING),
        pa.field("language", STRING),
        pa.field("script", STRING),
        pa.field("title", STRING),
        pa.field("text", STRING),
        pa.field("date", TIME),
        pa.field("url", STRING),
        pa.field("source", STRING),
        pa.field("author", STRING),
        pa.field("collection", STRING),
        pa.field("story", STRING),
        *TIDY,
        *VERDICT[1:],
        *MIXED,
        *HEADLINE,
        *PRIVACY,
        *SIGNALS,
        pa.field("license", STRING),
        pa.field("rights", STRING),
        pa.field("copies", pa.int32()),  # how many copies of it were removed
        pa.field("copy_sources", pa.list_(STRING)),  # the sources of these, sorted, each once
        pa.field("first_release", STRING),  # the version since which the article is there
    ]
)

# What an article says in its own words: what a release of ids has not got.
WORDS = ("title", "text", "author")
# A published row of a release of ids (`publish = "ids"`): hashes tell whether a text is the one that is meant.
_HASHES = {
    "title": pa.field("title_sha256", STRING),  # of the UTF-8, in hexadecimal, as all three
    "text": pa.field("text_sha256", STRING),
    "author": pa.field("article_sha256", STRING),  # of headline, text and author: standoff.article_sha256
}
STANDOFF = pa.schema(
    [
        *(_HASHES.get(field.name, field) for field in ARTICLE),
        pa.field("furniture", pa.list_(pa.uint64())),  # lines.line_keys of the lines taken out; null: none
    ]
)

# One row for every record that was read.
DECISION = pa.schema(
    [
        pa.field("file", STRING),
        pa.field("record", pa.int64()),
        pa.field("place", pa.int64()),
        pa.field("id", STRING),
        pa.field("tag", STRING),
        pa.field("language", STRING),
        pa.field("title", STRING),
        pa.field("url", STRING),
        pa.field("decision", STRING),  # kept, duplicate, rejected, quarantined
        pa.field("reason", STRING),  # null where it is kept
        pa.field("detail", STRING),  # the reason in words
        pa.field("split", STRING),
        pa.field("first_release", STRING),
        pa.field("story", STRING),
        pa.field("kept_id", STRING),  # the copy that was kept in its stead
        pa.field("similarity", pa.float64()),  # Jaccard of the two sets of shingles; of a contained text, its share
        *TIDY,
        *VERDICT,
        *MIXED,
        *HEADLINE,
        *PRIVACY,
        *SIGNALS,
        *FURNITURE,
        pa.field("license", STRING),
        pa.field("rights", STRING),
        pa.field("opt_out", pa.bool_()),
        pa.field("encoding", STRING),
        pa.field("notes", STRING),
    ]
)

# The same in a release of ids: no title, furniture by lines.line_keys, and nothing quoted in `detail` and `notes`.
STANDOFF_DECISION = pa.schema(
    [field.with_type(pa.list_(pa.uint64())) if field.name == "furniture" else field for field in DECISION]
)

# One row for every article that is like one that is kept: a copy, or one of its template.
CLUSTER = pa.schema(
    [
        pa.field("cluster", STRING),  # the smallest id of its members
        pa.field("kept_id", STRING),
        pa.field("member_id", STRING),
        pa.field("kind", STRING),  # exact, near, contained, revision, template
        pa.field("similarity", pa.float64()),  # to the kept one, as in the decisions
        pa.field("decision", STRING),  # duplicate; kept: of a template, or published before what contains it
        pa.field("language", STRING),
        pa.field("kept_source", STRING),
        pa.field("source", STRING),
        pa.field("kept_date", TIME),
        pa.field("date", TIME),
        pa.field("file", STRING),  # where the member stands
        pa.field("record", pa.int64()),
    ]
)

# One row for every article that was ever kept, or a copy of one: its split is remembered, whatever becomes of it.
SPLIT = pa.schema(
    [
        pa.field("id", STRING),
        pa.field("split", STRING),
        pa.field("story", STRING),
        pa.field("exact_hash", STRING),
        pa.field("first_release", STRING),  # null: it was never published itself
        pa.field("decision", STRING),  # in this release; null: no record has its id
    ]
)

# One row for every change of an article since the release before.
CHANGE = pa.schema(
    [
        pa.field("id", STRING),
        pa.field("language", STRING),
        pa.field("change", STRING),  # compare.KINDS
        pa.field("before", STRING),  # the language or split
        pa.field("after", STRING),
        pa.field("reason", STRING),  # of what was removed: `decision:reason` in this release, or gone
        pa.field("detail", STRING),
        pa.field("columns", pa.list_(STRING)),  # of the metadata that changed
        pa.field("removed_words", pa.list_(STRING)),  # runs of words that only the text before has
        pa.field("added_words", pa.list_(STRING)),  # what stands in the place of each
    ]
)

# One row for every article of a release of ids that was rehydrated.
REHYDRATED = pa.schema(
    [
        pa.field("id", STRING),
        pa.field("language", STRING),
        pa.field("split", STRING),
        pa.field("state", STRING),  # matched; changed: there, but it says something else; missing
        pa.field("differs", pa.list_(STRING)),  # of a changed one: title, text, author
        pa.field("file", STRING),  # where it stands among the files that are held
        pa.field("record", pa.int64()),
        pa.field("place", pa.int64()),
        pa.field("held_id", STRING),  # the id that it has there, if that is another one
    ]
)

REHYDRATED_TABLE = "rehydrated.parquet"  # in such a release: what became of each article


def schema_of(publish: str) -> pa.Schema:
    """Give the schema of the rows of a release (sections.Publish)."""
    return STANDOFF if publish == "ids" else ARTICLE
