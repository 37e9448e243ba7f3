"""Counters at village and day, kept in the transaction of the change and summed on read. Knows no entity."""
