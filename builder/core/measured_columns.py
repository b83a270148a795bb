"""The columns that are computed from an article's text: those that a release has, and those that find its copies."""

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
        "What the headline's copy in ASCII says: match, prefix, mismatch or absent.",
        few_values=True,
    ),
    _tidy(
        "repairs",
        STRINGS,
        "What was mended in headline and text: mojibake, entities, controls, nfc, spacing, quotes, marks.",
        secret=True,
    ),
    _tidy("unrepaired", STRINGS, "What was seen to be wrong and left, being ambiguous.", secret=True),
    _verdict("script", STRING, "The script that most of the text is in (ISO 15924).", few_values=True),
    _verdict("script_match", BOOL, "Whether the script is the one that the tag names or implies."),
    _verdict(
        "language_verdict",
        STRING,
        "Whether the text is in the tag's language: agree, disagree, uncertain or unsupported (no detector knows it).",
        few_values=True,
    ),
    _verdict(
        "language_detected", STRING, "The language that heliport detects; null where it gives none.", few_values=True
    ),
    _verdict("language_score", FLOAT, "heliport's confidence over its threshold for that language."),
    _verdict(
        "second_detected",
        STRING,
        "The language that langdetect detects; null where it was not asked, or gives none.",
        few_values=True,
    ),
    _verdict("second_score", FLOAT, "langdetect's probability."),
    _mixed(
        "paragraph_languages",
        STRINGS,
        "The language of each paragraph (BCP-47); null where it is too short to tell, or uncertain.",
        secret=True,
    ),
    _mixed("language_share", FLOAT, "The share of the tag's language, of the characters of paragraphs that tell."),
    _mixed(
        "foreign_spans",
        pa.list_(SPAN),
        "Pieces in another language: characters of the text from start to before end, and the language.",
        secret=True,
    ),
    _headline("headline_in_body", BOOL, "Whether the headline stands in the text once more."),
    _headline("headline_overlap", FLOAT, "The share of the headline's words that the first sentence has."),
    _privacy("emails", INT, "How many e-mail addresses are in the text."),
    _privacy("phones", INT, "How many telephone numbers are in the text."),
    _privacy("ip_addresses", INT, "How many IP addresses are in the text."),
    _privacy("bank_numbers", INT, "How many IBANs and numbers of payment cards are in the text."),
    _signal("word_count", INT, "Words: runs of letters and digits; by ICU in scripts without spaces."),
    _signal("sentences", INT, "Sentences; null in scripts that do not mark them."),
    _signal("paragraphs", INT, "Paragraphs."),
    _signal("mean_word_length", FLOAT, "The mean length of a word in characters."),
    _signal("letter_share", FLOAT, "The share of letters and their marks, of the visible characters."),
    _signal("digit_share", FLOAT, "The share of digits, of the visible characters."),
    _signal("punctuation_share", FLOAT, "The share of punctuation, of the visible characters."),
    _signal("upper_share", FLOAT, "The share of capitals, of the letters that have case."),
    _signal("duplicate_line_share", FLOAT, "The share of lines that stood in the text before."),
    _signal("duplicate_line_character_share", FLOAT, "The same, of the characters of all lines."),
    _signal("duplicate_paragraph_share", FLOAT, "The share of paragraphs that stood in the text before."),
    _signal("duplicate_paragraph_character_share", FLOAT, "The same, of the characters of all paragraphs."),
    _signal("top_2gram_share", FLOAT, "The share of the most frequent run of 2 words, of the characters of all words."),
    _signal("top_3gram_share", FLOAT, "The same for runs of 3 words."),
    _signal("top_4gram_share", FLOAT, "The same for runs of 4 words."),
    _signal(
        "duplicate_5gram_share",
        FLOAT,
        "The share of runs of 5 words that stand in the text more than once, of the characters of all words.",
    ),
    *(_signal(f"duplicate_{words}gram_share", FLOAT, f"The same for runs of {words} words.") for words in range(6, 11)),
    _signal(
        "stop_word_share", FLOAT, "The share of stop words; null where no list serves the language in that script."
    ),
    _signal("bullet_share", FLOAT, "The share of lines that begin with a bullet."),
    _signal("ellipsis_share", FLOAT, "The share of lines that end in an ellipsis."),
    _signal(
        "ends_in_stop", BOOL, "Whether the text ends as a sentence does; null in scripts that do not mark sentences."
    ),
    _signal("cut_off", BOOL, "Whether its ending says that it goes on elsewhere."),
    Column(
        "pages",
        STRINGS,
        "Its addresses, one spelling for each page.",
        group=Group.PAGES,
        tables=(Table.PREPARED,),
        secret=True,
    ),
    Column(
        "lines",
        KEYS,
        "A key of each line of the text that has a letter.",
        group=Group.LINES,
        tables=(Table.PREPARED,),
        secret=True,
        heavy=True,
    ),
    _signature("characters", INT, "How many characters the text has.", follows_text=True),
    _signature("bytes", INT, "How many bytes the text has in UTF-8.", follows_text=True),
    _signature("words", INT, "How many words the text has; characters in scripts without spaces.", follows_text=True),
    _signature("exact_hash", STRING, "A hash of the folded text, equal for exact copies."),
    _signature("bands", KEYS, "MinHash band hashes; null where only exact copies are looked for.", heavy=True),
    _signature(
        "sketch", KEYS, "One in four of the hashes of its shingles, chosen by hash; null where bands are.", heavy=True
    ),
    Column(
        "furniture",
        STRINGS,
        "The lines that were taken out of the text, recurring over the articles of its source.",
        group=Group.FURNITURE,
        tables=(Table.PREPARED, Table.DECISION),
        secret=True,
    ),
    Column(
        "furniture",
        KEYS,
        "Keys of the lines that were taken out of the text, recurring over the articles of its source.",
        group=Group.FURNITURE,
        tables=(Table.STANDOFF, Table.STANDOFF_DECISION),
    ),
)
