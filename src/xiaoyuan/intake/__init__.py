"""The import engine: a file becomes staged rows with verdicts, then all rows or none. Knows no entity."""
