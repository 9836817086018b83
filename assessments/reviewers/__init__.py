"""Who reviews which case, and by when; which cases a second person reviews."""
