# Set-up, book, tests and notebooks. Every target works inside .venv, and makes it first where it is missing.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
PORT ?= 8000

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CHAPTERS := $(sort $(wildcard chapters/*.ipynb))

# What `make test-fast` runs: the network and its engine, without training, data, experiments and pages.
CORE := $(patsubst %,tests/test_%.py,spikes losses spike_tape reversible_cells neurons spike_conv scaled_conv reversible reversible_depth blocks config \
    presets trevsnn refusals)

# The C library's heap in huge pages, and kept: a training step on a CPU takes about a tenth less time. glibc 2.35 or newer reads it.
HEAP := GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=2147483647:glibc.malloc.top_pad=268435456

# One thread per process: the workers fill the cores, and sums are taken in the same order on every machine.
export OMP_NUM_THREADS ?= 1
# Keep the reader's own Jupyter settings and Python path out of the results.
unexport PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help env book pdf serve test test-fast test-slow test-all lint mutants train notebooks lab clean student teacher grade check-laptop rehearse bench bundle wheel site release links set-repository setup-cells slides handouts

help: ## list the targets
	@echo "make TARGET, one of:"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r t d; do printf '%-15s %s\n' "$$t" "$$d"; done

env: $(STAMP) ## make .venv with all that the book and the tests need
	@echo "The environment is ready in $(VENV)."

$(STAMP): requirements.txt constraints.txt pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || { echo "There is no '$(PYTHON)'. Install Python 3.11 or newer, or name it: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python 3.11 or newer is needed, and $(PYTHON) is {v[0]}.{v[1]}. Name another: make $(MAKECMDGOALS) PYTHON=python3.12")'
	@echo "Making $(VENV) and installing the packages of requirements.txt: about 2 to 5 minutes, 6 GB on Linux (torch brings its CUDA libraries)."
	@"$(PYTHON)" -m venv "$(VENV)"
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

# A failed build forgets what it has read: Sphinx reports a page's warnings only when it reads that page.
book: $(STAMP) ## build the book into _build/html, warnings are errors
	@echo "Building the book: about half a minute the first time, then only what changed."
	@"$(BIN)/jupyter-book" build . -W -n --keep-going --quiet || { rm -rf _build/.doctrees; exit 1; }
	@echo "The book is built. Open _build/html/index.html in a browser, or type: make serve"

pdf: book ## print the whole book into _build/trevsnn.pdf, by an installed Chromium
	@echo "Printing: about two minutes."
	@"$(BIN)/python" -m tools.pdf

serve: book ## show the built book at http://localhost:8000 (PORT=... for another port)
	@echo "The book is at http://localhost:$(PORT) until you press Ctrl-C."
	@"$(BIN)/python" -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

test: $(STAMP) ## run the tests, and every notebook against its stored outputs: about 12 minutes on 2 cores
	@echo "Running tests/ and $(words $(CHAPTERS)) notebooks with $(WORKERS) workers; the page tests build the book first."
	@$(HEAP) "$(BIN)/python" -m pytest --nbval -n $(WORKERS) --max-worker-restart 0 --dist loadfile --no-loadscope-reorder -q -rsfE -m "not slow" tests $(CHAPTERS)

test-fast: $(STAMP) ## run the tests of the network and its engine alone: under a minute
	@"$(BIN)/python" -m pytest -n $(WORKERS) -q -m "not slow" $(CORE)

test-slow: $(STAMP) ## run what make test leaves out: wheels, rehearsals, several processes, the benchmark, dark pages, how pages answer to a pointer and keys
	@"$(BIN)/python" -m pytest -n $(WORKERS) --max-worker-restart 0 --dist loadfile -q -rsfE -m slow tests

test-all: test test-slow rehearse ## run everything: make test, what it leaves out, and every chapter as in Colab

lint: $(STAMP) ## check the code's rules, its format, its levels, and the core's types
	@"$(BIN)/ruff" check .
	@"$(BIN)/ruff" format --check .
	@"$(BIN)/lint-imports" --no-cache
	@"$(BIN)/mypy"

MUTATE ?= $(addprefix trevsnn_lite/,spikes.py spike_tape.py replay.py spike_conv.py losses.py reversible/__init__.py reversible/strategies.py)
MUTANTS ?= --count 20 --seed 0
mutants: $(STAMP) ## make random mutants of files and see which the core's tests kill (MUTATE="FILE ...", MUTANTS="--count 200 --seed 1")
	@"$(BIN)/python" -m tools.mutants $(MUTATE) $(MUTANTS) -- "$(abspath $(BIN))/python" -m pytest -q -x -m "not slow" $(CORE)

train: $(STAMP) ## train a preset: make train TRAIN="--preset fashion-mini --processes 2"
	@$(HEAP) "$(BIN)/python" -m trevsnn_lite train $(or $(TRAIN),--preset fashion-mini)

notebooks: $(STAMP) ## run chapters from their texts in chapters/text and store their outputs (CHAPTER=07 for one)
	@"$(BIN)/python" -m tools.chapter $(or $(CHAPTER),$(notdir $(basename $(CHAPTERS))))

lab: $(STAMP) ## open the chapters in JupyterLab
	@"$(BIN)/jupyter" lab chapters

student: $(STAMP) ## write the student edition: stubs, hints, and a library without solutions (_build/student, .zip)
	@"$(BIN)/python" -m classroom student

teacher: $(STAMP) ## write the teacher edition: solutions, common mistakes, times (_build/teacher, .zip)
	@"$(BIN)/python" -m classroom teacher

grade: $(STAMP) ## check a folder of handed-in notebooks: make grade PAPERS=FOLDER (GRADE="--roster class.csv" for more)
	@test -n "$(PAPERS)" || { echo "Name the folder of papers: make grade PAPERS=FOLDER. Read book/grading.md first."; exit 1; }
	@"$(BIN)/python" -m classroom grade "$(PAPERS)" $(GRADE)

rehearse: $(STAMP) ## run every chapter as in Colab, without a network: fresh environments, the wheel alone (about 4 minutes on 2 cores)
	@"$(BIN)/python" -m tools.rehearse --workers $(WORKERS)

bench: $(STAMP) ## time and weigh training steps side by side, ours, their limits and SpikingJelly's: runs/bench.json, figures (BENCH=--quick: seconds)
	@$(HEAP) "$(BIN)/python" -W ignore -m trevsnn_lite bench $(BENCH)

bundle: book $(if $(STUDENT),,slides) ## write one zip for a teacher without a network, with keys and slides; STUDENT=1: for students, without (_build/trevsnn-book-*.zip)
	@"$(BIN)/python" -m tools.bundle $(if $(STUDENT),--student)

check-laptop: $(STAMP) ## say whether this laptop is ready: Python, packages, disk, memory, one training step
	@"$(BIN)/python" tools/check_laptop.py

wheel: $(STAMP) ## write the library's wheel, for upload beside a notebook (_build/*.whl)
	@"$(BIN)/python" -m tools.wheel

site: book ## write what is published: the built book, and beside it the wheel of this commit (_build/site)
	@"$(BIN)/python" -m tools.site

release: pdf student teacher slides bundle ## write everything that a release holds, with checksums (_build/release)
	@rm -rf _build/release
	@"$(BIN)/python" -m tools.bundle --student
	@"$(BIN)/python" -m tools.wheel --release --out _build/release
	@cp _build/trevsnn.pdf _build/student.zip _build/teacher.zip _build/trevsnn-book-*.zip _build/release
	@cd _build && "$(abspath $(BIN))/python" -m zipfile -c release/slides.zip slides
	@cd _build/release && sha256sum * >SHA256SUMS && cat SHA256SUMS

links: $(STAMP) ## ask every external address of the book for an answer (needs the network)
	@"$(BIN)/jupyter-book" build . --builder linkcheck --path-output _build/links --quiet

set-repository: $(STAMP) ## write the repository's address everywhere: make set-repository URL=https://github.com/OWNER/REPOSITORY (PAGES=https://... for a domain of its own)
	@"$(BIN)/python" -m tools.repository "$(URL)" $(if $(PAGES),--pages "$(PAGES)")

setup-cells: $(STAMP) ## write the set-up cell into every chapter; stored outputs stay
	@"$(BIN)/python" -m tools.repository --cells

slides: $(STAMP) ## write a deck of slides for each plan and part (_build/slides/index.html); they work offline
	@"$(BIN)/python" -m tools.slides

handouts: $(STAMP) ## write and print reading card, boards, five questions and run sheets (_build/handouts)
	@"$(BIN)/python" -m tools.handouts

clean: ## remove the built book (the environment is a folder, .venv: remove it by hand)
	rm -rf _build
