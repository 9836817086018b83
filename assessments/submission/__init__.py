"""An assessment handed in: signed, and returned to be put right."""
