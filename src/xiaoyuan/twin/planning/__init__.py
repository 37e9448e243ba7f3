"""Measuring and sketching on the ground, in arrays: no database, no request, so that every figure can be checked by hand."""
