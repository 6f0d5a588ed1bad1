"""Coding by people: the sheet and the form that two coders and an adjudicator fill in, and their way back."""
