"""Whether the installation is sound: each check says what it found and, of a fault, the one thing that fixes it."""
