"""Photos and voice recordings: stripped, re-encoded, sealed, bound to the record they belong to."""
