"""How fast cigate is, against a bare interpreter, git and scikit-learn: see docs/performance.md."""
