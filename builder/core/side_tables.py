"""Declare the columns of the tables beside the articles of a release, each table in its order."""

from builder.core.column import DOUBLE, LONG, STRING, STRINGS, TIME, Column, Table

SIDE_TABLES: dict[Table, tuple[Column, ...]] = {
    # One row for every article that resembles a kept one: a copy, or an article of the same template.
    Table.CLUSTER: (
        Column("cluster", STRING, "Name of the cluster: the smallest id of its members."),
        Column("kept_id", STRING, "Id of the kept article."),
        Column("member_id", STRING, "Id of the article that resembles it."),
        Column(
            "kind",
            STRING,
            "Kind of resemblance: exact, near, contained, revision or template.",
            few_values=True,
        ),
        Column("similarity", DOUBLE, "Similarity to the kept article, as in the decisions."),
        Column(
            "decision",
            STRING,
            "Decision on the member: duplicate; kept if it shares only a template, or came out before the article "
            "that contains it.",
            few_values=True,
        ),
        Column("language", STRING, "Language that the member's tag names (BCP-47).", few_values=True),
        Column("kept_source", STRING, "Publisher of the kept article.", few_values=True),
        Column("source", STRING, "Publisher of the member.", few_values=True),
        Column("kept_date", TIME, "Time of publication of the kept article."),
        Column("date", TIME, "Time of publication of the member."),
        Column("file", STRING, "Raw file of the member.", few_values=True),
        Column("record", LONG, "Number of the member in its file, from 0.", counts_up=True),
    ),
    # One row for every article that was ever kept, and for every copy of one. It keeps its split even after it is gone.
    Table.SPLIT: (
        Column("id", STRING, "Id of the article."),
        Column("split", STRING, "Split of the article: train, validation or test.", few_values=True),
        Column("story", STRING, "Story of the article."),
        Column("exact_hash", STRING, "Hash of the folded text. Exact copies have equal hashes."),
        Column(
            "first_release",
            STRING,
            "Version of the first release that has the article; null if none has it.",
            few_values=True,
        ),
        Column("decision", STRING, "Decision on the article; null if no record has its id.", few_values=True),
    ),
    # One row for every change of an article since the release before.
    Table.CHANGE: (
        Column("id", STRING, "Id of the article."),
        Column(
            "language",
            STRING,
            "Language of the article in the newer release, or in the older one if it is gone.",
            few_values=True,
        ),
        Column(
            "change",
            STRING,
            "Kind of change: added, removed, changed (the text), relabelled (the language), moved (the split) or "
            "metadata.",
            few_values=True,
        ),
        Column("before", STRING, "Language or split in the older release.", few_values=True),
        Column("after", STRING, "Language or split in the newer release.", few_values=True),
        Column(
            "reason",
            STRING,
            "Why the article was removed: `decision:reason` in this release, or gone if no raw file has it any more.",
            few_values=True,
        ),
        Column("detail", STRING, "Explanation of that reason.", sought=False),
        Column("columns", STRINGS, "Columns of the metadata that changed."),
        Column("removed_words", STRINGS, "Runs of words that only the older text has."),
        Column("added_words", STRINGS, "Words that replace each of these runs."),
    ),
    # One row for every article of a release of ids that was rehydrated.
    Table.REHYDRATED: (
        Column("id", STRING, "Id of the article."),
        Column("language", STRING, "Language that the tag names (BCP-47).", few_values=True),
        Column("split", STRING, "Split of the article.", few_values=True),
        Column("state", STRING, "State of the article: matched, changed (found with other words) or missing."),
        Column("differs", STRINGS, "Parts of a changed article that differ: title, text, author."),
        Column("file", STRING, "Your file that has the article.", few_values=True),
        Column("record", LONG, "Number of the article in that file, from 0.", counts_up=True),
        Column("place", LONG, "Line or row in that file, from 1; null if it is the whole file.", counts_up=True),
        Column("held_id", STRING, "Id of the article in your files, if it differs."),
    ),
}
