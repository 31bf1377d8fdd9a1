"""A model: its checked file, its metadata, its tables, and where models are found."""
