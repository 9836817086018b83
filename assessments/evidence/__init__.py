"""What stands behind an answer or against it: documents, registers, public records."""
