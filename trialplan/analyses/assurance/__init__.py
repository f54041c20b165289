"""What a number of participants is worth, given beliefs instead of one assumed truth."""
