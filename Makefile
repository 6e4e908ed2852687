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

# MODE=compose means containers (docker-compose.yml, PROFILE=grafana or embedded) where native processes would be meant.
MODE ?= native
ifeq ($(filter native compose,$(MODE)),)
$(error MODE is native or compose, not '$(MODE)')
endif
IN_CONTAINERS := $(filter compose,$(MODE))
COMPOSE := scripts/compose.sh
# FILE=… of backup and restore; FORCE=1 lets restore replace what is there.
FILE ?=
FORCE ?=
PROFILE ?=
export SERVICE LINES FOLLOW FILE FORCE YES PROFILE

# SERVICE=order-service or grafana, loki, tempo, promtail; empty means all.
SERVICE ?=
# LINES: how many of the latest log lines to begin with; FOLLOW=0 ends after them.
LINES ?= 100
FOLLOW ?= 1
FOLLOW_FLAG = $(if $(filter-out 0 no,$(FOLLOW)),--follow)

##@ Every day

.PHONY: up
up: $(if $(IN_CONTAINERS),,build) ## Build what changed, start everything in the background, print addresses and login
	@$(if $(IN_CONTAINERS),$(COMPOSE) up,$(RELEASE) up)

.PHONY: down
down: ## Stop everything
	@$(if $(IN_CONTAINERS),$(COMPOSE),$(RUN)) down

.PHONY: restart
restart: ## Restart everything, or one component: make restart SERVICE=order-service
	@$(if $(IN_CONTAINERS),$(COMPOSE) restart,$(RUN) restart $(SERVICE))

.PHONY: status
status: ## Show processes, addresses, health, memory and restarts
	@$(if $(IN_CONTAINERS),$(COMPOSE),$(RUN)) status

.PHONY: logs
logs: ## Follow all logs (FOLLOW=0 ends, LINES=n begins earlier)
	@$(if $(IN_CONTAINERS),$(COMPOSE) logs,$(RUN) logs $(FOLLOW_FLAG) -n $(LINES))

.PHONY: logs-service
logs-service: ## Follow one component's log: make logs-service SERVICE=order-service
	@$(if $(SERVICE),,$(error say which one: make logs-service SERVICE=order-service))
	@$(if $(IN_CONTAINERS),$(COMPOSE) logs-service,$(RUN) logs $(SERVICE) $(FOLLOW_FLAG) -n $(LINES))

.PHONY: health
health: ## Ask every component how it is
	@$(if $(IN_CONTAINERS),$(COMPOSE),$(RUN)) health

.PHONY: test-endpoints
test-endpoints: ## Call the main endpoints, place an order, look for its trace and logs
	@$(if $(IN_CONTAINERS),$(COMPOSE),$(RUN)) test-endpoints

##@ Development

.PHONY: build
build: $(if $(IN_CONTAINERS),,need-build $(WEB_DIST)) ## Build the web interface and the release binary; with MODE=compose the image
	$(if $(IN_CONTAINERS),$(COMPOSE) build,cargo build --release --locked -p stack)

.PHONY: dev
dev: $(if $(IN_CONTAINERS),,need-build $(WEB_DIST)) ## Build for debugging and (re)start with that build
	$(if $(IN_CONTAINERS),$(COMPOSE) dev,cargo build --locked -p stack)
	$(if $(IN_CONTAINERS),,@$(DEBUG) restart)

.PHONY: test
test: need-test test-web test-clients $(WEB_DIST) ## Run all tests: unit, property, both databases, end to end, browser
	scripts/test.sh

.PHONY: test-web
test-web: need-build $(WEB_MODULES)
	cd web && npm test

.PHONY: test-clients
test-clients: need-test
	@scripts/install-clients.sh

.PHONY: test-compose
test-compose: ## Run the embedded profile on a real container engine: order, trace, logs, restart, backup, restore
	scripts/test-compose.sh

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
	@$(if $(IN_CONTAINERS),$(COMPOSE) clean,$(RUN) clean $(if $(YES),--yes))

.PHONY: backup
backup: ## Copy all data into one archive while everything runs: make backup FILE=backups/today.tar.zst
	@$(if $(IN_CONTAINERS),$(COMPOSE) backup,$(RUN) backup $(FILE))

.PHONY: restore
restore: ## Bring back what an archive holds: make restore FILE=backups/today.tar.zst (FORCE=1 replaces what is there)
	@$(if $(FILE),,$(error say which one: make restore FILE=backups/….tar.zst))
	@$(if $(IN_CONTAINERS),$(COMPOSE) restore,$(RUN) restore $(FILE) $(if $(FORCE),--force))

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
