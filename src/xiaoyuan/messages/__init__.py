"""Outbox of messages to people: written in the transaction that has something to say, delivered afterwards."""
