# One-line descriptions after `##` are what `make help` shows.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

TARGET := $(or $(CARGO_TARGET_DIR),target)
RELEASE := $(TARGET)/release/monitoring-stack
DEBUG := $(TARGET)/debug/monitoring-stack
# Commands that only talk to a stack use whichever build is the newest.
NEWEST = $(firstword $(shell ls -t $(RELEASE) $(DEBUG) 2>/dev/null))
RUN = $(if $(NEWEST),$(NEWEST),$(error nothing is built yet: run `make up` or `make build`))

# Directories are listed too: a deleted file changes its directory.
WEB_SOURCES := $(shell find web/src web/scripts 2>/dev/null; find web/public -name grafana -prune -o -name build -prune -o -type f -print 2>/dev/null) \
	$(wildcard web/index.html web/*.config.ts web/tsconfig*.json web/package.json)
WEB_MODULES := web/node_modules/.package-lock.json
WEB_DIST := web/dist/index.html

# SERVICE=order-service or grafana, loki, tempo, promtail; empty means all.
SERVICE ?=
# LINES: how many of the latest log lines to begin with; FOLLOW=0 ends after them.
LINES ?= 100
FOLLOW ?= 1
FOLLOW_FLAG = $(if $(filter-out 0 no,$(FOLLOW)),--follow)

##@ Every day

.PHONY: up
up: build ## Build what changed, start everything in the background, print addresses and login
	@$(RELEASE) up

.PHONY: down
down: ## Stop everything
	@$(RUN) down

.PHONY: restart
restart: ## Restart everything, or one component: make restart SERVICE=order-service
	@$(RUN) restart $(SERVICE)

.PHONY: status
status: ## Show processes, addresses, health, memory and restarts
	@$(RUN) status

.PHONY: logs
logs: ## Follow all logs (FOLLOW=0 ends, LINES=n begins earlier)
	@$(RUN) logs $(FOLLOW_FLAG) -n $(LINES)

.PHONY: logs-service
logs-service: ## Follow one component's log: make logs-service SERVICE=order-service
	@$(if $(SERVICE),,$(error say which one: make logs-service SERVICE=order-service))
	@$(RUN) logs $(SERVICE) $(FOLLOW_FLAG) -n $(LINES)

.PHONY: health
health: ## Ask every component how it is
	@$(RUN) health

.PHONY: test-endpoints
test-endpoints: ## Call the main endpoints, place an order, look for its trace and logs
	@$(RUN) test-endpoints

##@ Development

.PHONY: build
build: need-build $(WEB_DIST) ## Build the web interface and the release binary
	cargo build --release --locked -p stack

.PHONY: dev
dev: need-build $(WEB_DIST) ## Build for debugging and (re)start with that build
	cargo build --locked -p stack
	@$(DEBUG) restart

.PHONY: test
test: need-test test-web test-clients $(WEB_DIST) ## Run all tests: unit, property, both databases, end to end, browser
	scripts/test.sh

.PHONY: test-web
test-web: need-build $(WEB_MODULES)
	cd web && npm test

.PHONY: test-clients
test-clients: need-test
	@scripts/install-clients.sh

.PHONY: tidy
tidy: need-build $(WEB_MODULES) ## Format everything and bring the lock files in line
	cargo fmt --all
	cargo update --workspace
	cd web && npm run format && npm install --package-lock-only --no-audit --no-fund

.PHONY: deps
deps: need-build $(WEB_MODULES) ## Download all dependencies
	cargo fetch --locked

.PHONY: install-tools
install-tools: ## Install the tools that are missing, or say how
	@scripts/install-tools.sh all

.PHONY: clean
clean: ## Delete all data and logs of a stopped stack (asks first; YES=1 doesn't)
	@$(RUN) clean $(if $(YES),--yes)

.PHONY: help
help: ## Show this help
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Each target asks only for the tools it uses.
.PHONY: need-build need-test
need-build:
	@scripts/install-tools.sh build
need-test:
	@scripts/install-tools.sh test

$(WEB_MODULES): web/package-lock.json
	@scripts/install-tools.sh build
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(WEB_DIST): $(WEB_MODULES) $(WEB_SOURCES)
	cd web && npm run build
	@touch $@
