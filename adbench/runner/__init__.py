"""What to run, in worker processes, into a run record."""
