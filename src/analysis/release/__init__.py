"""Release of figures and pages: what is searched for in them, and what of persons has been released."""
