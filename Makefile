# Needs Python 3.11+ and make; everything else comes from uv.lock.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .uv/bin/uv
RUN := $(UV) run --locked --no-sync
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Dozens of processes start in the tests and the demo; each would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo serve test thorough check check-types check-rest bench docs format environment

demo: environment ## the whole way on real figures, then stop
	$(RUN) python -m demo

serve: environment ## the same, and the service stays up
	$(RUN) python -m demo --stay

test: environment ## unit, property, contract, API and end-to-end tests
	$(RUN) pytest -n auto --dist loadgroup

thorough: environment ## what takes long: killed at every step, every interleaving, proven optimum, all of the demo, ten times as many examples
	$(RUN) pytest -n auto --dist loadgroup -m thorough
	SLUIS_TESTS_TIMES=10 $(RUN) pytest -n auto --dist loadgroup $(shell grep -rl '^from many import' tests)

check: environment ## format, lint, types, layers, policy bundle, deployment files
	$(MAKE) --jobs=2 --output-sync check-types check-rest

check-types:
	$(RUN) mypy

check-rest:
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) lint-imports
	$(RUN) sluis policy check
	$(RUN) python -m tools.docs --check
	$(RUN) pytest -q tests/docs/test_documents.py tests/deploy/test_compose.py tests/deploy/test_containerfile.py

bench: environment ## figures against their limits, as ratios
	$(RUN) python -m benchmarks

docs: environment ## write the generated parts of docs/ again
	$(RUN) python -m tools.docs
	$(RUN) python -m tools.readme

format: environment
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

environment: .venv/.synced

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: $(UV) pyproject.toml client_sdk/pyproject.toml uv.lock
	$(UV) sync --quiet --locked --all-packages --python $(PYTHON)
	touch $@
