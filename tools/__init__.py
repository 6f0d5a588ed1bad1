"""What makes files of the project and is not needed to run it."""
