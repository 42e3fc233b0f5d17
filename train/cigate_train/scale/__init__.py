"""Many repositories at once: mined and trained on one engine, which may be this process alone."""
