# What a person types. Thin on purpose: the work is in tools/, tests/ and .ci/run.
#
#     make demo                two real pushes in a temporary folder, judged by a model trained there
#     make demo REPO=PATH      the last pushes of your own repository, judged without touching it,
#                              by its own model or, with MODEL=DIR, by another
#     make test                every test; ARGS='-k hook' narrows it
#     make bench               how fast it is against its bars, in minutes; writes the figures into the documents
#     make bench-full          the same at full size; REPOS='PATH ...' are mined, and only read
#     make lint                ruff, mypy --strict, shellcheck
#     make starter REPOS=FOLDER LABELS=FOLDER
#                              the model in the wheel, from repositories and the builds of each
#     make ablation REPOS=FOLDER LABELS=FOLDER
#                              what each group of features is worth: a table in docs/features.md
#     make signals REPOS=FOLDER LABELS=FOLDER
#                              how often pushes break a file and fail: another table there
#     make quality REPOS=FOLDER LABELS=FOLDER [MODEL=DIR]
#                              cigate beside the field on these projects: a table and two plots
#     make torture             nasty repositories, damaged models, broken machines, at full size; the
#                              result is kept in docs/reliability.md
#     make sbom                a bill of materials of a plain installation: cigate.cdx.json
#     make audit               known holes in what a plain installation brings; asks PyPI, and fails
#                              where that does not answer for each part
#     make docs                what is generated: pages of docs/, the manual page, the picture
#
# Each target makes the environment it needs. PYTHON=/path/to/python chooses the interpreter.
.PHONY: help demo demo-env test bench bench-full lint torture sbom audit starter ablation signals quality docs env clean
export PYTHON

help:
	@sed -n 's/^#     //p' Makefile

env:
	@tools/env.sh .venv -e '.[train,dev]'

# The demo installs cigate the way a user does, apart from the environment that develops it.
demo-env:
	@tools/env.sh .demo/venv '.[train]'

demo: demo-env
	@.demo/venv/bin/python -m tools.demo $(if $(REPO),--repo '$(REPO)') $(if $(MODEL),--model '$(MODEL)')

# One worker a core of the smallest machine meant; a file's tests stay together, so that what they
# build (a wheel, a database) is built once.
test: env
	@.venv/bin/python -m pytest -n 2 --dist loadfile -rs $(ARGS)

bench: env
	.venv/bin/python -m benchmarks $(ARGS)

bench-full: env
	.venv/bin/python -m benchmarks --full $(ARGS) $(REPOS)

SCRIPTS = hooks/pre-push hooks/github-step .ci/run tools/env.sh

lint: env
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/shellcheck $(SCRIPTS)

docs: env
	.venv/bin/python -m tools.reference
	.venv/bin/python -m tools.picture docs/images/warned-push.svg

# Minutes of work, and byte for byte what is committed where the inputs are the same.
WORK = build/starter
starter: env
	nice .venv/bin/python -m benchmarks.starter --repos '$(REPOS)' --labels '$(LABELS)' --work '$(WORK)'

ablation signals: env
	nice .venv/bin/python -m benchmarks.starter.$@ --repos '$(REPOS)' --labels '$(LABELS)' --work '$(WORK)'

quality: env
	.venv/bin/python -m benchmarks.quality --repos '$(REPOS)' --labels '$(LABELS)' --work '$(WORK)' --out build/quality \
	  $(if $(MODEL),--model '$(MODEL)')

torture: env
	nice .venv/bin/python -m tools.torture $(ARGS)

SBOM = cigate.cdx.json
sbom: env
	@tools/env.sh .sbom .
	@.venv/bin/cyclonedx-py environment --output-reproducible --validate --of JSON -o '$(SBOM)' .sbom

# Without --strict, what could not be asked about would pass for what has no holes.
audit:
	@tools/env.sh .sbom .
	@tools/env.sh .audit pip-audit
	@.sbom/bin/python -m pip freeze --exclude cigate >.audit/parts.txt
	.audit/bin/pip-audit --strict --disable-pip --no-deps --requirement .audit/parts.txt

clean:
	rm -rf .venv .demo .sbom .audit cigate.cdx.json .node build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
