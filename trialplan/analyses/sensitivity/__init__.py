"""How wrong an assumption may be: tornado, break-even points, shares of a change, what can be excluded."""
