"""Tests, by what they need: nothing (core), a server (twin, faults), a type checker (typing)."""
