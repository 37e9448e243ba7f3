"""The proof: real input through the real commands, each figure beside an independent count of the files."""
