// Spans through OpenTelemetry's SDK: `otel-spans.cjs ENDPOINT grpc|http/protobuf|http/json none|gzip`.
const { SpanKind, SpanStatusCode, context, trace } = require('@opentelemetry/api')
const { resourceFromAttributes } = require('@opentelemetry/resources')
const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')

const PACKAGES = {
  grpc: '@opentelemetry/exporter-trace-otlp-grpc',
  'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
  'http/json': '@opentelemetry/exporter-trace-otlp-http'
}

async function main ([endpoint, protocol, compression]) {
  const { OTLPTraceExporter } = require(PACKAGES[protocol])
  const url = protocol === 'grpc' ? endpoint : `${endpoint}/v1/traces`
  const exporter = new OTLPTraceExporter({ url, compression, timeoutMillis: 60000 })
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'host.name': 'shop-1' }),
    spanProcessors: [new BatchSpanProcessor(exporter)]
  })
  const tracer = provider.getTracer('shop.orders', '1.2.3')
  const order = tracer.startSpan('create_order', { kind: SpanKind.SERVER })
  order.setAttribute('customer', 'Müller & Söhne').setAttribute('items', ['a', 'b'])
  const links = [{ context: order.spanContext(), attributes: { reason: 'retry' } }]
  const payment = tracer.startSpan('process_payment', { links }, trace.setSpan(context.active(), order))
  payment.setAttributes({ amount: 12.5, attempt: 2, declined: true })
  payment.addEvent('declined', { code: 7 })
  payment.setStatus({ code: SpanStatusCode.ERROR, message: 'card expired' })
  payment.end()
  order.end()
  await provider.shutdown()
  console.log(order.spanContext().traceId)
}

main(process.argv.slice(2))
