// Logs through pino-loki: `pino.cjs URL`.
const pino = require('pino')
const { pinoLoki } = require('pino-loki')
const { once } = require('node:events')
const { texts, tick } = require('./common.cjs')

async function main ([url]) {
  const transport = pinoLoki({
    host: url,
    labels: { app: 'pino', env: 'test' },
    logFormat: log => log.err?.stack ?? log.msg,
    batching: { interval: 60 }
  })
  const logger = pino({ level: 'debug', base: { hostname: 'shop-1' } }, transport)
  logger.debug({ meta: { order: 4711, paid: true, items: ['a', 'b'] } }, texts.plain)
  await tick()
  logger.info({ meta: { customer: 'Müller & Söhne' } }, texts.unicode)
  await tick()
  logger.warn(texts.lines)
  await tick()
  logger.error(new Error('payment declined'))
  const closed = once(transport, 'close')
  transport.end()
  await closed
}

main(process.argv.slice(2))
