"""Reading files into the register, one module a noun: which fields there are, and what they mean to us."""
