"""Spans through OpenTelemetry's SDK: `otel_spans.py ENDPOINT grpc|http none|gzip`."""

import sys

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode


def exporter(endpoint, protocol, compression):
    if protocol == "grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        how = grpc.Compression.Gzip if compression == "gzip" else grpc.Compression.NoCompression
        return OTLPSpanExporter(endpoint=endpoint, insecure=True, compression=how, timeout=60)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=endpoint + "/v1/traces", compression=Compression(compression), timeout=60)


def main(endpoint, protocol, compression):
    provider = TracerProvider(resource=Resource.create({"service.name": "shop", "host.name": "shop-1"}))
    provider.add_span_processor(BatchSpanProcessor(exporter(endpoint, protocol, compression)))
    tracer = provider.get_tracer("shop.orders", "1.2.3")
    with tracer.start_as_current_span("create_order", kind=SpanKind.SERVER) as order:
        order.set_attribute("customer", "Müller & Söhne")
        order.set_attribute("items", ["a", "b"])
        link = Link(order.get_span_context(), {"reason": "retry"})
        with tracer.start_as_current_span("process_payment", links=[link]) as payment:
            payment.set_attributes({"amount": 12.5, "attempt": 2, "declined": True})
            payment.add_event("declined", {"code": 7})
            payment.set_status(Status(StatusCode.ERROR, "card expired"))
    provider.shutdown()
    print(trace.format_trace_id(order.get_span_context().trace_id))


main(*sys.argv[1:])
