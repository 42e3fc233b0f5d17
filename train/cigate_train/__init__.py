"""Training: from build records to a bundle."""
