"""What is asked, as data: questions, their conditions, units and values, read and refused; answers put into words. No database."""
