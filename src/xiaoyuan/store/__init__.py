"""Writing many rows the fastest way that each engine has. Knows no table."""
