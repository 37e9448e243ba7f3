"""Commands of doorplates."""
