"""Measuring and sketching on the ground, in arrays: knows no database, so that every figure can be checked by hand."""
