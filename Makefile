# No make? The command to the right of each colon does the same.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) config/bootstrap.py

.PHONY: run test setup check bench lock schema translations widget

run: ; @$(BOOTSTRAP) run
test: ; @$(BOOTSTRAP) test $(ARGS)
setup: ; @$(BOOTSTRAP) setup
check: ; @$(BOOTSTRAP) check $(ARGS)
bench: ; @$(BOOTSTRAP) bench $(ARGS)

# For those who change the project.
lock: ; @$(BOOTSTRAP) lock
schema: ; @$(BOOTSTRAP) schema
translations: ; @$(BOOTSTRAP) translations
widget: ; @$(BOOTSTRAP) widget
