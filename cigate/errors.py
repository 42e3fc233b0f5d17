"""Everything that cigate can refuse or fail with, each with an exit code and a next step.

CigateError                 3  cigate itself could not judge
|-- UsageError              2  flags, arguments or input files that make no sense
|   |-- ConfigError         2  a configuration value that cannot be used
|   `-- MissingExtra        2  an optional part is not installed
|-- GitError                3  git is missing, failed, or is no repository
|   `-- ShallowError        3  the clone is too shallow to see the change
|-- ModelError              3  no model, or one that must not be used
|   |-- NoModel             3
|   |-- DamagedBundle       3  digests, structure or numbers are not as promised
|   `-- UnknownFeature      3  model and program disagree on a feature
|-- HistoryError            3  a history snapshot that cannot be read
|   `-- TooLittleHistory    3  too few builds or failures to learn from
|-- StoreError              3  build records cannot be read or written
|-- ArtifactError           3  published models cannot be read or written
|   `-- Overtaken           3  somebody else published in the meantime
|-- EngineError             3  the scheduler or workers of a big job are missing or unfit
|-- ForgeError              3  a CI server that is asked for past builds does not give them
`-- InstallError            3  a hook cannot be written or removed safely
"""


class CigateError(Exception):
    """A refusal a user can act on: one line of what happened, one hint of what to do next."""

    exit_code = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(CigateError):
    """Flags, arguments or input files make no sense."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration value cannot be used."""


class MissingExtra(UsageError):
    """An optional part of cigate is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra '{extra}', which is not installed",
            f"pip install 'cigate[{extra}]'",
        )


class GitError(CigateError):
    """Git is missing, failed, or was not started in a repository."""


class ShallowError(GitError):
    """The clone is too shallow to see the change."""


class ModelError(CigateError):
    """There is no model, or it must not be used."""


class NoModel(ModelError):
    """No model was found where one was looked for."""


class DamagedBundle(ModelError):
    """A bundle's digests, structure or numbers are not what its manifest promises."""


class UnknownFeature(ModelError):
    """Model and program disagree on a feature's name or version."""


class HistoryError(CigateError):
    """A history snapshot cannot be read."""


class TooLittleHistory(HistoryError):
    """There are too few builds, or too few failures, to learn from."""


class StoreError(CigateError):
    """Build records cannot be read or written."""


class ArtifactError(CigateError):
    """Published models cannot be read or written, or are not what they should be."""


class Overtaken(ArtifactError):
    """Somebody else published in the meantime; what they published stands."""


class EngineError(CigateError):
    """The scheduler or the workers of a big job are missing, gone, or not like this machine."""


class ForgeError(CigateError):
    """A CI server that was asked for past builds does not give them."""


class InstallError(CigateError):
    """A hook cannot be written or removed without losing something."""
