"""What pages that combine domains read, as frozen dataclasses."""
