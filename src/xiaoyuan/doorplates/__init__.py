"""Doorplates: one a courtyard, from planned to revoked; tokens, printing and what a scan finds."""
