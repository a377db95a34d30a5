# Everything runs in .venv of this folder; nothing is installed system-wide.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
GRAPH  := var/graph-models

.PHONY: install demo test test-slow test-postgresql check-graph-models bench lint hygiene fuzz coverage mutation papers format lock clean help

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s:

install: $(VENV)/.app   ## only install it: docs/first-steps.md

demo: $(VENV)/.app   ## make a company, plan it, print the proposals, serve the pages (ARGS=--no-serve stops before)
	@$(BIN)/officeday demo $(ARGS)

test: $(VENV)/.dev   ## every test that takes seconds
	$(PYTEST) -n 2 --dist worksteal -m "not slow" $(ARGS)

test-slow: $(VENV)/.dev   ## kills, races and long searches
	$(PYTEST) -n 2 --dist worksteal -m slow $(ARGS)

#: What decides with, or is written for, a certain database.
ON_POSTGRESQL := tests/web/store tests/web/operations tests/web/test_migrations.py tests/web/test_jobs.py \
  tests/web/pages/test_last_seat.py tests/web/pages/test_odd_addresses.py
test-postgresql: $(VENV)/.dev   ## the tests of store and operations on PostgreSQL, which comes with them
	OFFICEDAY_TEST_DATABASE=postgresql $(PYTEST) -n 2 --dist worksteal -m "not slow" $(ON_POSTGRESQL) $(ARGS)

check-graph-models: $(VENV)/.dev   ## do Microsoft's models parse what our stand-in for Graph answers? (250 MB, once)
	@test -x $(GRAPH)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(GRAPH)
	@$(BIN)/uv pip install --quiet --python $(GRAPH)/bin/python "msgraph-sdk>=1.65,<2"
	$(BIN)/python -m tests.connectors.microsoft.answers | $(GRAPH)/bin/python tests/connectors/microsoft/sdk_check.py

bench: $(VENV)/.app $(VENV)-bench/.done   ## measure planning against simpler ways: bench/planning.md (55 minutes; ARGS=--quick: 2)
	@$(VENV)-bench/bin/python -m bench.planning $(ARGS)

lint: $(VENV)/.dev   ## style, types, and the direction web -> connectors -> planner
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases bench/*.py
	$(BIN)/lint-imports --no-cache

hygiene: $(VENV)/.hygiene   ## insecure habits and forgotten secrets
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml planner connectors web bench
	git ls-files -z -- ':!*.lock' | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

FUZZ_SECONDS ?= 20
fuzz: $(VENV)/.hygiene   ## made-up bytes for everything that reads what strangers wrote (FUZZ_SECONDS each)
	@mkdir -p var/fuzz
	@for name in calendar rule multistatus schedules sheets problem next; do \
	  $(BIN)/python -m tests.fuzz.parsers $$name $(FUZZ_SECONDS) >var/fuzz/$$name.log 2>&1 \
	    || { tail -n 40 var/fuzz/$$name.log; exit 1; }; \
	  echo "$$name: $$(sed -n 's/stat::number_of_executed_units: *//p' var/fuzz/$$name.log) runs, nothing unforeseen"; \
	done

#: What one breach of would block a release: tokens, access, links, booking.
GUARDED := connectors/sealed.py connectors/grants.py web/operations/access.py web/operations/signin.py \
  web/operations/accounts.py web/oidc.py web/pages/signed_in.py web/store/links.py planner/lifecycle.py \
  web/operations/seats.py web/store/seats.py
GUARDS := tests/connectors/test_sealed.py tests/connectors/test_grants.py tests/planner/test_lifecycle.py \
  $(addprefix tests/web/operations/,test_seats.py test_seats_in_any_order.py test_kept_apart.py test_accounts.py test_requests.py \
    test_departures.py test_coworking.py test_assistants.py test_outbox.py test_reconcile.py test_signin.py \
    test_other_programmes.py test_roles.py test_roles_lost.py test_leavers.py) \
  $(addprefix tests/web/pages/,test_access_matrix.py test_answers.py test_offered_seat.py test_sign_in_with_account.py test_policy.py)
coverage: $(VENV)/.dev   ## branches of tokens, access, links and booking that tests take
	$(PYTEST) -n 2 --dist loadfile -q -m "not slow and not browser" $(GUARDS) \
	  --cov=planner --cov=connectors --cov=web --cov-branch --cov-report=
	$(BIN)/coverage report --show-missing --include=$$(echo $(GUARDED) | tr ' ' ,)

MUTANTS ?= *
mutation: $(VENV)/.hygiene   ## how many deliberate mistakes in tokens, access, links and booking the tests find (MUTANTS='*7': a tenth)
	@rm -rf mutants && mkdir -p var
	$(BIN)/mutmut run --max-children 2 '$(MUTANTS)' >var/mutation.log 2>&1 || { tail -n 40 var/mutation.log; exit 1; }
	@$(BIN)/mutmut export-cicd-stats >/dev/null && $(BIN)/python -m tests.mutation_score

papers: $(VENV)/.hygiene   ## dependencies with their licences, and an SBOM (CycloneDX), into var/papers
	@mkdir -p var/papers
	$(BIN)/pip-licenses --from=mixed --order=license --format=markdown --with-urls --output-file=var/papers/licences.md \
	  --packages $$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' requirements.lock)
	$(BIN)/cyclonedx-py requirements requirements.lock --of JSON -o var/papers/sbom.json

format: $(VENV)/.dev   ## let ruff put the files in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# uv is pinned by hash like everything else, so pip is asked for that one line only.
$(VENV)/.uv: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "Python with venv is needed (Debian: apt install python3-venv)"; exit 1; }
	@echo "Installing into $(VENV) (once; about 20 seconds)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@touch $@

$(VENV)/.app: $(VENV)/.uv pyproject.toml requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.app requirements-dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)-bench/.done: $(VENV)/.uv requirements-bench.lock
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)-bench
	@$(BIN)/uv pip install --quiet --python $(VENV)-bench/bin/python --require-hashes -r requirements-bench.lock
	@touch $@

# On top of what tests need: mutated code is run by the tests.
$(VENV)/.hygiene: $(VENV)/.dev requirements-hygiene.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-hygiene.lock
	@touch $@

lock: $(VENV)/.uv   ## choose versions anew and pin them by hash
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --upgrade --quiet --python-version 3.11 pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --quiet --python-version 3.11 pyproject.toml --extra dask --extra postgres --group build --group test --group lint \
	  --constraint requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --quiet --python-version 3.11 --group hygiene --constraint requirements-dev.lock -o requirements-hygiene.lock

clean:           ## remove the environment and the demo's data
	rm -rf $(VENV) $(VENV)-bench var mutants
