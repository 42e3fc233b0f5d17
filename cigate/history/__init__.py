"""The history of a project's builds, folded into what a new push can be judged by."""

from cigate.history.fold import History

__all__ = ["History"]
