"""The one register: divisions, places, land, people, households, business entities and observations."""
