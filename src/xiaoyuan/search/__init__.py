"""Finding rows by words: character bigrams and pinyin, kept in the transaction that changes the row."""
