"""The field types, with the methods that wait."""
