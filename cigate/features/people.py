"""Features on the author's past builds. A person is looked up, never encoded. Pure."""

from __future__ import annotations

from cigate.features.feature import Feature, log_count, log_hours, log_streak

AUTHOR = (
    Feature(
        "author_builds", 1, "log(1 + finished builds of the author)", lambda m: log_count(m.author.builds)
    ),
    Feature(
        "author_rate_excess",
        1,
        "the author's failure rate, half-life 20, less the project's",
        lambda m: m.author.rate - m.project.usual,
    ),
    Feature(
        "author_green_excess",
        1,
        "how often the author breaks green branches, less the project's rate",
        lambda m: m.author.green_rate - m.project.green,
    ),
    Feature(
        "author_streak",
        1,
        "the author's run of equal outcomes, as branch_streak",
        lambda m: log_streak(m.author.streak),
    ),
    Feature(
        "author_since_last",
        1,
        "log2(1 + hours since the author's last build finished); -1 if never",
        lambda m: log_hours(m.at, m.author.last_at),
    ),
    Feature(
        "author_since_fail",
        1,
        "log2(1 + hours since the author's last failing build); -1 if never",
        lambda m: log_hours(m.at, m.author.fail_at),
    ),
    Feature(
        "change_authors",
        1,
        "distinct authors among the commits",
        lambda m: float(m.digest.authors),
    ),
)
