"""Tests that are written once: each file here has a generated copy in the other twin's folder."""
