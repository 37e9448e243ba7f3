"""Every read of the register, one module a noun."""
