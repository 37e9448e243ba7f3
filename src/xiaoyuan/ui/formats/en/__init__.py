"""Formats of pages in one language."""
