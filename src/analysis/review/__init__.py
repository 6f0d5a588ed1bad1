"""Review of what a change did to everything that is published, and why; and verification of released states."""
