"""What must be put right: opened, planned, reported, verified, escalated."""
