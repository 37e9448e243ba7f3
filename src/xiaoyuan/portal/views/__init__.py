"""Thin doors of the pages that combine domains."""
