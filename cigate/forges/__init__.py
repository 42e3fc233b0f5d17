"""Servers that remember past builds, asked for them: one module for each kind.

Nothing here stores anything or knows git. Must not be loaded where nobody asks for the past: clients
are extras, and imported when they are used.
"""
