# Shorthands for the README's commands; none of them is needed.
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint clean

$(BIN)/mesascope: pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[test]'

run: $(BIN)/mesascope
	$(BIN)/mesascope run diversity

test: $(BIN)/mesascope
	$(BIN)/python -m pytest

lint: $(BIN)/mesascope
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache dist
