"""Pure knowledge of the field: codes, numbers, coordinates and chains. Knows no Django."""
