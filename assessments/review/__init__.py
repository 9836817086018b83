"""Judging what was handed in: verdicts, questions to the supplier, second reviews, conflicts of interest, and the end."""
