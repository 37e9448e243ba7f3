"""OGC API over the public layers: Features (core, GeoJSON, CRS) and the tilesets of the scenes."""
