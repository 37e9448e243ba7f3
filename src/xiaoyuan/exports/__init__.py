"""Handing back: a selection in a superior's own layout, an archive of everything, what changed in between."""
