"""Declare the columns that are computed from an article's text: those of a release, and those that find copies."""

from functools import partial

import pyarrow as pa

from builder.core.column import BOOL, FLOAT, INT, KEYS, STRING, STRINGS, Column, Group, Table

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("language", pa.string())])
_SHOWN = (Table.PREPARED, Table.ARTICLE, Table.DECISION)

_tidy = partial(Column, group=Group.TIDY, tables=_SHOWN, follows_text=True)
_verdict = partial(Column, group=Group.VERDICT, tables=_SHOWN, follows_text=True)
_mixed = partial(Column, group=Group.MIXED, tables=_SHOWN, follows_text=True)
_headline = partial(Column, group=Group.HEADLINE, tables=_SHOWN, follows_text=True)
_privacy = partial(Column, group=Group.PRIVACY, tables=_SHOWN, follows_text=True)
_signal = partial(Column, group=Group.SIGNALS, tables=_SHOWN, follows_text=True)
_signature = partial(Column, group=Group.SIGNATURE, tables=(Table.PREPARED,))

MEASURED: tuple[Column, ...] = (
    _tidy(
        "folded_headline",
        STRING,
        "Comparison of the headline with its ASCII copy: match, prefix, mismatch or absent.",
        few_values=True,
    ),
    _tidy(
        "repairs",
        STRINGS,
        "Repairs of headline and text: mojibake, entities, controls, nfc, spacing, quotes, marks.",
        secret=True,
    ),
    _tidy("unrepaired", STRINGS, "Faults that were detected but left, because their repair is ambiguous.", secret=True),
    _verdict("script", STRING, "Script of most of the text (ISO 15924).", few_values=True),
    _verdict("script_match", BOOL, "Whether this is the script that the tag names or implies."),
    _verdict(
        "language_verdict",
        STRING,
        "Whether the text is in the tag's language: agree, disagree, uncertain or unsupported (no detector knows it).",
        few_values=True,
    ),
    _verdict("language_detected", STRING, "Language that heliport detects; null if it detects none.", few_values=True),
    _verdict("language_score", FLOAT, "Confidence of heliport above its threshold for that language."),
    _verdict(
        "second_detected",
        STRING,
        "Language that langdetect detects; null if it was not asked or detects none.",
        few_values=True,
    ),
    _verdict("second_score", FLOAT, "Probability that langdetect gives for that language."),
    _mixed(
        "paragraph_languages",
        STRINGS,
        "Language of each paragraph (BCP-47); null if the paragraph is too short or its language is uncertain.",
        secret=True,
    ),
    _mixed(
        "language_share",
        FLOAT,
        "Share of the tag's language among the characters of the paragraphs with a known language.",
    ),
    _mixed(
        "foreign_spans",
        pa.list_(SPAN),
        "Passages in another language: the characters of the text from start to before end, and the language.",
        secret=True,
    ),
    _headline("headline_in_body", BOOL, "Whether the text repeats the headline."),
    _headline("headline_overlap", FLOAT, "Share of the headline's words that the first sentence contains."),
    _privacy("emails", INT, "Number of e-mail addresses in the text."),
    _privacy("phones", INT, "Number of telephone numbers in the text."),
    _privacy("ip_addresses", INT, "Number of IP addresses in the text."),
    _privacy("bank_numbers", INT, "Number of IBANs and payment card numbers in the text."),
    _signal("word_count", INT, "Number of words: runs of letters and digits; split by ICU in scripts without spaces."),
    _signal("sentences", INT, "Number of sentences; null in scripts that do not mark them."),
    _signal("paragraphs", INT, "Number of paragraphs."),
    _signal("mean_word_length", FLOAT, "Mean length of a word, in characters."),
    _signal("letter_share", FLOAT, "Share of letters and their marks among the visible characters."),
    _signal("digit_share", FLOAT, "Share of digits among the visible characters."),
    _signal("punctuation_share", FLOAT, "Share of punctuation among the visible characters."),
    _signal("upper_share", FLOAT, "Share of capitals among the letters that have case."),
    _signal("duplicate_line_share", FLOAT, "Share of lines that repeat an earlier line of the text."),
    _signal("duplicate_line_character_share", FLOAT, "Share of these lines among the characters of all lines."),
    _signal("duplicate_paragraph_share", FLOAT, "Share of paragraphs that repeat an earlier paragraph of the text."),
    _signal(
        "duplicate_paragraph_character_share",
        FLOAT,
        "Share of these paragraphs among the characters of all paragraphs.",
    ),
    _signal("top_2gram_share", FLOAT, "Share of the most frequent run of 2 words among the characters of all words."),
    _signal("top_3gram_share", FLOAT, "The same for runs of 3 words."),
    _signal("top_4gram_share", FLOAT, "The same for runs of 4 words."),
    _signal(
        "duplicate_5gram_share",
        FLOAT,
        "Share of runs of 5 words that occur more than once among the characters of all words.",
    ),
    *(_signal(f"duplicate_{words}gram_share", FLOAT, f"The same for runs of {words} words.") for words in range(6, 11)),
    _signal("stop_word_share", FLOAT, "Share of stop words; null if no list covers the language in that script."),
    _signal("bullet_share", FLOAT, "Share of lines that begin with a bullet."),
    _signal("ellipsis_share", FLOAT, "Share of lines that end in an ellipsis."),
    _signal("ends_in_stop", BOOL, "Whether the text ends like a sentence; null in scripts that do not mark sentences."),
    _signal("cut_off", BOOL, "Whether the ending says that the article continues elsewhere."),
    Column(
        "pages",
        STRINGS,
        "Addresses of the article, with one spelling for each page.",
        group=Group.PAGES,
        tables=(Table.PREPARED,),
        secret=True,
    ),
    Column(
        "lines",
        KEYS,
        "One key for each line of the text that contains a letter.",
        group=Group.LINES,
        tables=(Table.PREPARED,),
        secret=True,
        heavy=True,
    ),
    _signature("characters", INT, "Number of characters of the text.", follows_text=True),
    _signature("bytes", INT, "Number of bytes of the text in UTF-8.", follows_text=True),
    _signature(
        "words", INT, "Number of words of the text; of characters, in scripts without spaces.", follows_text=True
    ),
    _signature("exact_hash", STRING, "Hash of the folded text. Exact copies have equal hashes."),
    _signature("bands", KEYS, "MinHash band hashes; null if only exact copies are sought.", heavy=True),
    _signature(
        "sketch", KEYS, "One in four hashes of the shingles, chosen by hash; null if the bands are null.", heavy=True
    ),
    Column(
        "furniture",
        STRINGS,
        "Boilerplate: lines that were removed because they recur over the articles of the source.",
        group=Group.FURNITURE,
        tables=(Table.PREPARED, Table.DECISION),
        secret=True,
    ),
    Column(
        "furniture",
        KEYS,
        "Keys of the boilerplate: lines that were removed because they recur over the articles of the source.",
        group=Group.FURNITURE,
        tables=(Table.STANDOFF, Table.STANDOFF_DECISION),
    ),
)
