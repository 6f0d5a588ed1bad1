"""What a change did to everything that is published, and why: one page; and released states verified."""
