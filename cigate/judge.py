"""What judges: a model and a history that fit together, and which of them count in a repository.

On the path of every push. Must not print, and must not take damage for absence.
"""

from __future__ import annotations

import os

from cigate.errors import HistoryError, NoModel
from cigate.features import FEATURES, moments_of, vector_of
from cigate.history import History
from cigate.judgement import HistoryFacts, Judgement, ModelFacts
from cigate.model import check_features, has_bundle, open_predictor, read_bundle
from cigate.places import history_path, model_dir, starter_dir
from cigate.policy import BLOCK, PASS, decide

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Mapping, Sequence

    from cigate.adaptive import AdaptiveThresholds
    from cigate.change import Change
    from cigate.config import Config
    from cigate.features import Moment
    from cigate.git import Repository
    from cigate.judgement import FileRisk
    from cigate.model import Manifest, Predictor, Thresholds
    from cigate.policy import Verdict
    from cigate.reasons import Reason

BACKEND_VARIABLE = "CIGATE_BACKEND"
MOST_EXPLAINED = 50  # refs of a push; a person is told fewer


class Judge:
    """A model and a history that fit together, ready to be asked."""

    __slots__ = ("history", "history_facts", "manifest", "model_facts", "predictor")

    def __init__(
        self,
        manifest: Manifest,
        predictor: Predictor,
        history: History,
        model_facts: ModelFacts,
        history_facts: HistoryFacts,
    ) -> None:
        self.manifest = manifest
        self.predictor = predictor
        self.history = history
        self.model_facts = model_facts
        self.history_facts = history_facts

    def judge(
        self,
        changes: Sequence[tuple[str, Change]],
        mode: str,
        explain_all: bool,
        limits_here: Callable[[], Thresholds],
        adaptive: AdaptiveThresholds | None = None,
    ) -> list[Judgement]:
        """Return one judgement for each named change, scored in one batch.

        Reasons are worked out for what does not pass, of hundreds of refs for the riskiest, and with
        `explain_all` for everything.
        `limits_here` says from where on a push may be blocked; it is asked only where one might be.
        `adaptive` thresholds move from one to the next; without them the model's own hold.
        """
        moments = moments_of((change for _, change in changes), self.history)
        rows = [vector_of(moment) for moment in moments]
        scores = self.predictor.score(rows)
        limits = self.manifest.thresholds
        if mode == BLOCK and scores and max(scores) >= limits.warn:
            limits = limits_here()
        verdicts = _decide(changes, moments, scores, mode, limits, adaptive)
        explained = range(len(scores)) if explain_all else _loudest(verdicts, scores)
        return [
            Judgement(
                name=name,
                branch=change.branch,
                head=change.head,
                base=change.base,
                commits=len(change.commits),
                files=moment.digest.files,
                complete=change.complete,
                p_fail=p_fail,
                usual=moment.project.usual,
                red_builds=red,
                red_s=max(0, moment.at - int(moment.branch.red_since)) if red else 0,
                verdict=verdict,
                reasons=self._explain(moment, row, p_fail) if place in explained else (),
            )
            for place, ((name, change), moment, row, p_fail, (red, verdict)) in enumerate(
                zip(changes, moments, rows, scores, verdicts, strict=True)
            )
        ]

    def riskiest(
        self, changes: Sequence[tuple[str, Change]], judged: Sequence[Judgement]
    ) -> tuple[FileRisk, ...]:
        """Return the files that add most to the likeliest failure among `changes`, which were `judged`."""
        from cigate.riskiest import riskiest_files

        if not judged:
            return ()
        worst = max(range(len(judged)), key=lambda place: judged[place].p_fail)
        return riskiest_files(changes[worst][1], self.history, judged[worst].p_fail, self.predictor)

    def _explain(self, moment: Moment, row: array[float], p_fail: float) -> tuple[Reason, ...]:
        from cigate.reasons import explain  # most pushes pass

        return explain(moment, row, p_fail, self.manifest.typical, self.predictor)


def _decide(
    changes: Sequence[tuple[str, Change]],
    moments: Sequence[Moment],
    scores: Sequence[float],
    mode: str,
    limits: Thresholds,
    adaptive: AdaptiveThresholds | None,
) -> list[tuple[int, Verdict]]:
    """Return for each change how many builds its branch has been red, and the verdict."""
    found = []
    others = []
    for (_, change), moment, p_fail in zip(changes, moments, scores, strict=True):
        # Builds without a branch (tables of totals, tags) share no branch that could be red.
        red = max(0, int(moment.branch.streak)) if change.branch else 0
        green = bool(change.branch) and moment.branch.last_failed == 0
        held = adaptive.held(limits, green, red > 0) if adaptive else limits
        verdict = decide(p_fail, red > 0, held, mode, change.complete)
        if adaptive and green:
            adaptive.note(p_fail, green, verdict.action != PASS)
        else:
            others.append(p_fail)  # all others of a push meet one threshold, worked out once
        found.append((red, verdict))
    if adaptive:
        for p_fail in others:
            adaptive.note(p_fail, green=False, warned=False)
    return found


def _loudest(verdicts: Sequence[tuple[int, Verdict]], scores: Sequence[float]) -> set[int]:
    """Return the places of all that is blocked, and of the riskiest that is warned about."""
    loud = [place for place, (_, verdict) in enumerate(verdicts) if verdict.action != PASS]
    loud.sort(key=lambda place: (verdicts[place][1].action != BLOCK, -scores[place]))
    blocked = sum(verdicts[place][1].action == BLOCK for place in loud)
    return set(loud[: max(MOST_EXPLAINED, blocked)])


def find_model(repo: Repository | None, config: Config) -> str:
    """Return the folder of the model that judges here: configured, the repository's own, or the starter.

    What is left of a damaged model of its own is still the repository's: damage must not go unseen.

    Raises:
        NoModel: where no model is named and there is no repository.
    """
    if config.model:
        return config.model
    if repo is None:
        raise NoModel("there is no repository here to take a model from", "name one with --model DIR")
    own, starter = model_dir(repo), starter_dir()
    return starter if has_bundle(starter) and not has_bundle(own) else own


def open_judge(where: str, repo: Repository | None, env: Mapping[str, str]) -> Judge:
    """Return what judges with the bundle in the folder `where`.

    The newer of its history and the repository's own counts; without `repo` only its own does.

    Raises:
        NoModel, DamagedBundle, UnknownFeature, ModelError: where no model may be used.
        HistoryError: where the history is empty or cannot be read.
    """
    bundle = read_bundle(where)
    check_features(bundle.manifest, FEATURES)
    if where != starter_dir() and (repo is None or where != model_dir(repo)):
        # Whoever may commit can name a model that nobody has checked when it came here.
        from cigate.model import check_structure

        check_structure(bundle.model, bundle.manifest.features)
    history, history_where = newest_history(bundle.history, where, repo)
    if not history.builds:
        raise HistoryError("the history is empty", "`cigate import csv` fills it")
    predictor = open_predictor(bundle, env.get(BACKEND_VARIABLE) or "auto")
    manifest = bundle.manifest
    return Judge(
        manifest,
        predictor,
        history,
        ModelFacts(
            manifest.model_id,
            manifest.created_at,
            manifest.synthetic,
            where,
            predictor.backend,
            starter=where == starter_dir(),
        ),
        HistoryFacts(history.builds, history.failures, history.as_of, history_where),
    )


def newest_history(snapshot: bytes, where: str, repo: Repository | None) -> tuple[History, str]:
    """Return the newer of the bundle's snapshot (b"": none) and the repository's own, and its file."""
    bundled = History.open(snapshot) if snapshot else None
    path = history_path(repo) if repo else ""
    own = _read_history(path) if path else None
    if own and (bundled is None or own.as_of > bundled.as_of):
        return own, path
    if bundled is None:
        return History(), path or where
    return bundled, os.path.join(where, "history.bin")


def _read_history(path: str) -> History | None:
    try:
        with open(path, "rb") as file:
            return History.open(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HistoryError(f"{path}: {error.strerror}") from None
    except HistoryError as error:
        raise HistoryError(f"{path}: {error}", "remove it, or run cigate import again") from None


def limits_of(manifest: Manifest, repo: Repository | None, config: Config) -> Thresholds:
    """Return from which probabilities on pushes are warned about and blocked here, or why none is blocked."""
    from cigate.track import read_track
    from cigate.trust import earned

    known = read_track(repo) if repo else []
    past = [(judged.p_fail, judged.failed) for judged in known if judged.complete and not judged.red]
    return earned(manifest.thresholds, manifest.card, past, config.block_precision)
