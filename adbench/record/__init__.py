"""The run record: model, file, environment."""
