"""Indicators: definitions as data and what a division's panels show, each figure with its source."""
