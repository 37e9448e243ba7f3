"""Ledgers of the register as tables: their columns, how rows are judged, which action applies them."""
