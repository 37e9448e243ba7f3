"""What happened, provably: audit entries, their hash chain, the change log and idempotency keys."""
