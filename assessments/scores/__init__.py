"""Stored scores kept equal to what the rules say, and what pages show of them."""
