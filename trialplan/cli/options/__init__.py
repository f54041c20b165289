"""Options that the verbs share, made from what designs declare; errors in the user's words."""
