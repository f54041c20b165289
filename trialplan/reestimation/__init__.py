"""The number of participants set anew from blinded data."""
