"""What a division tells its people: notices, loudspeaker texts."""
