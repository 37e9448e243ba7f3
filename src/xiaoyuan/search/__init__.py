"""The search index: character bigrams and pinyin, the same answers on both engines. Knows no entity."""
