"""Logs through OpenTelemetry's SDK while the store is there, away, and back: says what happened on standard output, goes
on when told on standard input. The exporter tries again by itself."""

import logging
import sys
import threading
import warnings

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from common import logger, told

PATIENCE_S = 60


class Refusals(logging.Handler):
    """Tells of the first warning of the exporter."""

    def __init__(self):
        super().__init__()
        self.said = False

    def emit(self, record):
        if not self.said:
            self.said = True
            print("refused", record.getMessage(), flush=True)


def main(url):
    logging.getLogger("opentelemetry").addHandler(Refusals())
    provider = LoggerProvider(resource=Resource.create({"service.name": "shop"}))
    exporter = OTLPLogExporter(endpoint=url + "/otlp/v1/logs", timeout=PATIENCE_S)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter, schedule_delay_millis=50))
    warnings.simplefilter("ignore", DeprecationWarning)
    log = logger(LoggingHandler(logger_provider=provider))
    log.info("before")
    provider.force_flush()
    print("sent", flush=True)
    told("away")
    log.warning("while away")
    retrying = threading.Thread(target=provider.force_flush, args=(PATIENCE_S * 1000,))
    retrying.start()
    told("back")
    retrying.join()
    log.info("after")
    provider.force_flush(PATIENCE_S * 1000)
    provider.shutdown()


main(*sys.argv[1:])
