"""The columns of the tables that stand beside the articles of a release, each table in its order."""

from builder.core.column import DOUBLE, LONG, STRING, STRINGS, TIME, Column, Table

SIDE_TABLES: dict[Table, tuple[Column, ...]] = {
    # One row for every article that is like one that is kept: a copy, or one of its template.
    Table.CLUSTER: (
        Column("cluster", STRING, "The smallest id of its members."),
        Column("kept_id", STRING, "The article that is kept."),
        Column("member_id", STRING, "The article that is like it."),
        Column(
            "kind",
            STRING,
            "How it is like the kept one: exact, near, contained, revision or template.",
            few_values=True,
        ),
        Column("similarity", DOUBLE, "How similar it is to the kept one, as in the decisions."),
        Column(
            "decision",
            STRING,
            "duplicate; or kept: it is of the same template, or was published before the article that contains it.",
            few_values=True,
        ),
        Column("language", STRING, "The language that its tag names (BCP-47).", few_values=True),
        Column("kept_source", STRING, "Who published the kept one.", few_values=True),
        Column("source", STRING, "Who published it.", few_values=True),
        Column("kept_date", TIME, "When the kept one was published."),
        Column("date", TIME, "When it was published."),
        Column("file", STRING, "The raw file that it stands in.", few_values=True),
        Column("record", LONG, "Its number in the file, from 0.", counts_up=True),
    ),
    # One row for every article that was ever kept, or a copy of one: its split is remembered, whatever becomes of it.
    Table.SPLIT: (
        Column("id", STRING, "The article."),
        Column("split", STRING, "The split that it is in: train, validation or test.", few_values=True),
        Column("story", STRING, "The story that it is of."),
        Column("exact_hash", STRING, "A hash of the folded text, equal for exact copies."),
        Column(
            "first_release",
            STRING,
            "The version since which it is in the dataset; null: it was never published itself.",
            few_values=True,
        ),
        Column("decision", STRING, "The decision on it in this release; null: no record has its id.", few_values=True),
    ),
    # One row for every change of an article since the release before.
    Table.CHANGE: (
        Column("id", STRING, "The article."),
        Column(
            "language", STRING, "Its language in the newer release, or in the older if it is gone.", few_values=True
        ),
        Column(
            "change",
            STRING,
            "added, removed, changed (the text), relabelled (the language), moved (the split) or metadata.",
            few_values=True,
        ),
        Column("before", STRING, "The language or split before.", few_values=True),
        Column("after", STRING, "The language or split now.", few_values=True),
        Column(
            "reason",
            STRING,
            "Why it was removed: `decision:reason` of this release, or gone if no raw file has it any more.",
            few_values=True,
        ),
        Column("detail", STRING, "That reason in words.", sought=False),
        Column("columns", STRINGS, "The columns of its metadata that changed."),
        Column("removed_words", STRINGS, "Runs of words that only the text before has."),
        Column("added_words", STRINGS, "The words that stand in the place of each."),
    ),
    # One row for every article of a release of ids that was rehydrated.
    Table.REHYDRATED: (
        Column("id", STRING, "The article."),
        Column("language", STRING, "The language that its tag names (BCP-47).", few_values=True),
        Column("split", STRING, "The split that it is in.", few_values=True),
        Column("state", STRING, "matched; changed: it is there, but says something else; or missing."),
        Column("differs", STRINGS, "The parts of a changed article that differ: title, text, author."),
        Column("file", STRING, "The file that it stands in, among those that are held.", few_values=True),
        Column("record", LONG, "Its number in that file, from 0.", counts_up=True),
        Column("place", LONG, "Its line or row in that file, from 1; null: the whole file.", counts_up=True),
        Column("held_id", STRING, "The id that it has there, if that is another one."),
    ),
}
