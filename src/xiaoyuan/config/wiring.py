"""Which domain offers what to which engine, in plain tables. No registry, no discovery."""

from typing import Final

THIRD_PARTY_ROUTES: Final = ("accounts/", "admin/", "static/")
"""Prefixes whose views come from libraries with a guard of their own (sign-in pages; staff check of the admin)."""
