"""cigate: judge, before a push leaves the laptop, whether it will break CI."""

__version__ = "0.1.0"
