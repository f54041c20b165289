"""An interim look: the data it saw, the decision, and what may be said of the effect."""
