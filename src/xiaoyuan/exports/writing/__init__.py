"""Files that leave: a superior's layout filled, tables as CSV and Parquet, shapes as GeoPackage."""
