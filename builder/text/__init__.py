"""Functions of one text: repairs, words, lines, quotation marks, personal data (PII) and quality signals."""
