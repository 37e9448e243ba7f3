"""Scenes as files that other programs open: GeoPackage, PMTiles, 3D Tiles, CityJSON, KML."""
