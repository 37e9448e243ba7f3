"""Personal data at rest: encrypted per subject, found by a keyed blind index, erased by destroying a key."""
