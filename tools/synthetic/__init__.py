"""Studies of synthetic persons, whose truth is known: the generators of data/raw/synthetic."""
