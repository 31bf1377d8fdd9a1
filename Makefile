# The verbs of this project. `make app` and `make test` are all that a newcomer needs.
PYTHON ?= python3
PORT ?= 8501
# Pools of memory that the threads share. With one for each thread the app's peak is about 70 MB higher.
MALLOC_ARENA_MAX ?= 2
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help app test test-long families runtimes screenshots check docs fix export bench clean

help:  ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than the requirement files that it stands for, so a second call installs nothing.
$(VENV)/app.stamp: requirements.txt requirements-shared.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements.txt requirements-shared.txt export/requirements.txt tests/requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@ $(VENV)/app.stamp

# Other runtimes and tools, each in an environment of its own: `make test` tries our files in them.
EXTERNAL := $(patsubst tests/external/%.txt,$(VENV)/external/%.stamp,$(wildcard tests/external/*.txt))
$(VENV)/external/%.stamp: tests/external/%.txt | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/external/$*
	$(VENV)/external/$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# ESLint for the map's overlay, where npm is there.
JS := $(if $(shell command -v npm),$(VENV)/external/js.stamp)
$(VENV)/external/js.stamp: tests/js/package.json | $(BIN)/python
	mkdir -p $(VENV)/external/js
	cp $< $(VENV)/external/js/
	npm install --prefix $(VENV)/external/js --ignore-scripts --no-audit --no-fund
	@touch $@

$(VENV)/external/web.stamp: tests/external/web/package.json | $(BIN)/python
	mkdir -p $(VENV)/external/web
	cp $< $(VENV)/external/web/
	npm install --prefix $(VENV)/external/web --ignore-scripts --no-audit --no-fund
	@touch $@

$(VENV)/bench.stamp: benchmarks/requirements.txt $(VENV)/test.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

# The generator of the manual, apart: nothing of ours needs it.
$(VENV)/docs.stamp: docs/requirements.txt | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/docs
	$(VENV)/docs/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

app: $(VENV)/app.stamp  ## serve the app on http://localhost:8501 (PORT=…)
	MALLOC_ARENA_MAX=$(MALLOC_ARENA_MAX) $(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(VENV)/test.stamp $(EXTERNAL) $(JS)  ## run every test
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-long: $(VENV)/test.stamp $(EXTERNAL)  ## run the proofs that take minutes, such as 5,000 links
	$(BIN)/python -m pytest -m long -n 2 --dist worksteal

families: $(VENV)/test.stamp  ## make tiny random checkpoints of transformers' model types in build/families, and the committed cases anew
	$(BIN)/python -m tests.families --commit

runtimes: $(VENV)/test.stamp $(EXTERNAL) $(VENV)/external/web.stamp  ## run every file in every runtime, and write docs/runtimes.md (needs node and npm)
	$(BIN)/python -m tests.external

screenshots: $(VENV)/test.stamp  ## take pictures of every page, light, dark and narrow, into build/screenshots
	EMBEDCORE_SHOTS=build/screenshots $(BIN)/python -m pytest tests/e2e -m "long or not long" -k "every_page or a_visit_on_a_phone or every_view or test_space or overlay or three_dimensions"

check: $(VENV)/test.stamp  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/docs.stamp  ## build the manual into build/site; a dead link or a missing name fails
	NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/python -m mkdocs build --strict

fix: $(VENV)/test.stamp  ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

export: $(VENV)/test.stamp  ## rebuild the toy and the generic graphs, and verify the models
	$(BIN)/python -m export toy
	$(BIN)/python -m export graphs
	for file in models/*.onnx; do $(BIN)/python -m export verify $$file || exit 1; done

bench: $(VENV)/bench.stamp  ## print ratios against peers and against the physical limit
	$(BIN)/python -m benchmarks

clean:  ## remove the environment and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
