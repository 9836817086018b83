"""Answers of a supplier: read with what follows from them, saved, and taken over from last year."""
