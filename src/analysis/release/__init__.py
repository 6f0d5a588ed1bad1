"""What may leave the building: what is searched for in it, and what of persons has been released."""
