"""YAML suite files and bare functions, read into cases."""
