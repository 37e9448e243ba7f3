"""3D models that others made: CityJSON and 3D Tiles 1.0 and 1.1, read, checked and located. Pure."""
