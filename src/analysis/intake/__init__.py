"""What case records, surveys and coding sheets share: files as rows of text, pseudonyms, quarantine."""
