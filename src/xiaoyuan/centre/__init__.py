"""The digital centre as a place: rooms, devices, duty, activities."""
