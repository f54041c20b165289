"""From participants who complete to participants who are enrolled."""
