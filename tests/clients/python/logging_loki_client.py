"""Logs through python-logging-loki: `logging_loki_client.py URL 1|0`, for the API of today and the one of old."""

import sys

import logging_loki

from common import TEXTS, decline, fail_loudly, logger

PATHS = {"1": "/loki/api/v1/push", "0": "/api/prom/push"}


def main(url, version):
    handler = logging_loki.LokiHandler(
        url=url + PATHS[version], tags={"app": "logging-loki", "env": "test"}, version=version
    )
    log = logger(fail_loudly(handler))
    log.debug("order %d created in %d ms", 4711, 12)
    log.info("%s", TEXTS["unicode"], extra={"tags": {"customer-kind": "B2B"}})
    log.warning(TEXTS["lines"])
    try:
        decline()
    except ValueError:
        log.exception("order failed")
    log.critical("giving up")


main(*sys.argv[1:])
