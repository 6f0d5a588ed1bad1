"""Common parts of the intake of case records, surveys and coding sheets: rows of text, pseudonyms, quarantine."""
