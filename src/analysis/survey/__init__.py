"""The household survey of children: its questionnaire, and how an export becomes respondents with weights."""
