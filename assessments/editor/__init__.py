"""The page on which an area is answered: read at once, drawn, and saved."""
