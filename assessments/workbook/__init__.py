"""An assessment as a spreadsheet: written for a supplier, filled in anywhere, read back and merged with what was saved meanwhile."""
