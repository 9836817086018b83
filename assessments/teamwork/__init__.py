"""A supplier's people on one assessment: who answers what, who is there, what they say to each other."""
