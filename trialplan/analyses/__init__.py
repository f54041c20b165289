"""Questions put to any design: scenarios, verification, assurance, sensitivity, reproduction, comparison."""
