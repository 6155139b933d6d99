"""Queries and indexes: what is declared, what is asked, and both ways to answer it."""
