"""Other builders of the same tiles, measured beside ours on the same invented county."""
