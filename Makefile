# Each target is one `python -m tools COMMAND`, for machines without make.
PYTHON ?= python3

COMMANDS = book serve test test-backends test-matrix test-gpu test-faults notebooks studies \
           student takeaway address pictures screenshots bench

.PHONY: help clean $(COMMANDS)

help:
	@$(PYTHON) -m tools --help

# Options go into ARGS: `make notebooks ARGS=01`
$(COMMANDS):
	@$(PYTHON) -m tools $@ $(ARGS)

clean:
	rm -rf _build build *.egg-info
