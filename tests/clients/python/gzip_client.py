"""Logs gzipped JSON with structured metadata through loki-logger-handler: `gzip_client.py URL`."""

import sys

from loki_logger_handler.loki_logger_handler import LokiLoggerHandler

from common import TEXTS, decline, logger


def main(url):
    handler = LokiLoggerHandler(
        url=url + "/loki/api/v1/push",
        labels={"app": "gzip", "env": "test"},
        label_keys={"level"},
        timeout=3600,
        compressed=True,
        enable_structured_loki_metadata=True,
        loki_metadata={"release": "1.2.3"},
        loki_metadata_keys=["order"],
        enable_self_errors=True,
    )
    log = logger(handler)
    log.debug("order %d created in %d ms", 4711, 12, extra={"order": 4711})
    log.info(TEXTS["unicode"], extra={"loki_metadata": {"customer": "Müller & Söhne", "paid": True}})
    log.warning(TEXTS["lines"])
    try:
        decline()
    except ValueError:
        log.exception("order failed")
    handler._send()
    if handler.error:
        raise SystemExit("the handler met an error")


main(*sys.argv[1:])
