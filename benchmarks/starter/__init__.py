"""The recipe of the model that comes in the wheel: README.md says how to run it."""
