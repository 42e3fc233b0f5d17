"""The pre-push shim and the CI step templates, shipped as data."""
