"""Points (积分) of households as a double-entry ledger."""
