"""The 3D scene: register rows become tiles, a pointer flips to the new revision, tiles are served."""
