"""One text: repairs, words, lines, quotes, personal data and the signals of quality."""
