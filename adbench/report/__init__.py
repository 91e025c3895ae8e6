"""Pure functions from records to what a person or a program reads."""
