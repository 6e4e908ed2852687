// Logs through winston-loki: `winston.cjs URL json|protobuf`.
const { createLogger, format } = require('winston')
const LokiTransport = require('winston-loki')
const { texts, tick } = require('./common.cjs')

async function main ([url, form]) {
  const transport = new LokiTransport({
    host: url,
    json: form === 'json',
    labels: { app: 'winston', env: 'test' },
    format: format.printf(info => info.stack ?? info.message),
    interval: 1,
    gracefulShutdown: false,
    onConnectionError: error => { throw error }
  })
  const logger = createLogger({ level: 'debug', format: format.errors({ stack: true }), transports: [transport] })
  logger.debug(texts.plain, { order: 4711, paid: true })
  await tick()
  logger.info(texts.unicode, { customer: 'Müller & Söhne' })
  await tick()
  logger.warn(texts.lines, { labels: { region: 'eu' } })
  await tick()
  logger.error(new Error('payment declined'))
  await transport.close()
}

main(process.argv.slice(2))
