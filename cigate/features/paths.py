"""Features on what the touched files and the words of the change meant for earlier builds. Pure."""

from __future__ import annotations

from cigate.features.feature import Feature, log_count

PATHS = (
    Feature(
        "path_rate_max",
        1,
        "highest failure rate of a touched file, less the project's",
        lambda m: m.paths.max,
    ),
    Feature(
        "path_rate_mean",
        1,
        "mean failure rate of the touched files, less the project's",
        lambda m: m.paths.mean,
    ),
    Feature(
        "path_green_max",
        1,
        "highest rate at which a touched file broke green branches, less the usual",
        lambda m: m.paths.green_max,
    ),
    Feature(
        "path_green_mean",
        1,
        "mean rate at which the touched files broke green branches, less the usual",
        lambda m: m.paths.green_mean,
    ),
    Feature(
        "path_known",
        1,
        "share of the touched files that were in an earlier build; -1 if none is touched",
        lambda m: m.paths.known,
    ),
    Feature(
        "path_most_builds",
        1,
        "log(1 + decayed builds of the most often built touched file)",
        lambda m: log_count(m.paths.most_builds),
    ),
    Feature(
        "folder_rate_max",
        1,
        "highest failure rate of a touched folder, less the project's",
        lambda m: m.folders.max,
    ),
    Feature(
        "folder_rate_mean",
        1,
        "mean failure rate of the touched folders, less the project's",
        lambda m: m.folders.mean,
    ),
    Feature(
        "folder_green_max",
        1,
        "highest rate at which a touched folder broke green branches, less the usual",
        lambda m: m.folders.green_max,
    ),
    Feature(
        "folder_green_mean",
        1,
        "mean rate at which the touched folders broke green branches, less the usual",
        lambda m: m.folders.green_mean,
    ),
    Feature(
        "folder_known",
        1,
        "share of the touched folders that were in an earlier build; -1 if none is touched",
        lambda m: m.folders.known,
    ),
    Feature(
        "top_green_mean",
        1,
        "mean rate at which the touched top folders broke green branches, less the usual",
        lambda m: m.tops.green_mean,
    ),
    Feature(
        "extension_rate_mean",
        1,
        "mean failure rate of the touched extensions, less the project's",
        lambda m: m.extensions.mean,
    ),
    Feature(
        "extension_green_mean",
        1,
        "mean rate at which the touched extensions broke green branches, less the usual",
        lambda m: m.extensions.green_mean,
    ),
    Feature(
        "extension_known",
        1,
        "share of the touched extensions that were in an earlier build; -1 if none is touched",
        lambda m: m.extensions.known,
    ),
    Feature(
        "words_excess",
        1,
        "log odds that paths, words, author and branch add to the usual rate (online model)",
        lambda m: m.excess,
    ),
    Feature(
        "green_words_excess",
        1,
        "log odds that they add to the usual rate at which green branches break (online model)",
        lambda m: m.green_excess,
    ),
)
