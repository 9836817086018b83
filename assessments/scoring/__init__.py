"""What an answer is worth and what all of them make, with the receipt that proves it. No database, no clock."""
