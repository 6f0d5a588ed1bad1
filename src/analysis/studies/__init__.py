"""A new study: from boundaries, counts and inhabitants as received to the folder that the assessment reads."""
