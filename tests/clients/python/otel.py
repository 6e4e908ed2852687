"""Logs through OpenTelemetry's SDK over OTLP/HTTP: `otel.py URL none|gzip`."""

import sys
import time
import warnings

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from common import TEXTS, decline, logger

RESOURCE = Resource.create(
    {
        "service.name": "shop",
        "service.namespace": "demo",
        "service.instance.id": "shop-1",
        "deployment.environment.name": "test",
        "host.name": "shop-1",
    }
)


def main(url, compression):
    exporter = OTLPLogExporter(endpoint=url + "/otlp/v1/logs", compression=Compression(compression), timeout=60)
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    warnings.simplefilter("ignore", DeprecationWarning)
    log = logger(LoggingHandler(logger_provider=provider))
    log.debug("order %d created in %d ms", 4711, 12, extra={"order.id": 4711, "paid": True, "weight": 0.5})
    log.info(TEXTS["unicode"], extra={"customer": "Müller & Söhne", "items": ["a", "b"]})
    with TracerProvider(resource=RESOURCE).get_tracer("shop").start_as_current_span("pay") as span:
        log.warning(TEXTS["lines"])
        ids = span.get_span_context()
    try:
        decline()
    except ValueError:
        log.exception("order failed")
    emit_event(provider)
    provider.shutdown()
    print(trace.format_trace_id(ids.trace_id), trace.format_span_id(ids.span_id), int(ids.trace_flags))


def emit_event(provider):
    """A record that does not come from Python's logging: a map as its body, an event name, a severity of its own."""
    provider.get_logger("shop.events", "1.2.3").emit(
        LogRecord(
            timestamp=time.time_ns(),
            severity_number=SeverityNumber.FATAL,
            severity_text="FATAL",
            body={"event": "shutdown", "orders": [1, 2], "ok": False},
            event_name="shop.shutdown",
            attributes={"reason": {"code": 7, "text": "done"}},
        )
    )


main(*sys.argv[1:])
