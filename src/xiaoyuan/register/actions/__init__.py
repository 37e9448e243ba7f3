"""Every write of the register, one module a noun."""
