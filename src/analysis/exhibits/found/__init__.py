"""What each notebook states, as findings: the numbers of its exhibits, one module an analysis."""
