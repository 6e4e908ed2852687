// Logs through winston-loki while the store is there, away, and back: says what happened on standard output, goes on when
// told on standard input.
const { createLogger, format } = require('winston')
const LokiTransport = require('winston-loki')
const { tick, commands } = require('./common.cjs')

async function main ([url]) {
  const told = commands()
  const transport = new LokiTransport({
    host: url,
    labels: { app: 'winston' },
    format: format.printf(info => info.message),
    interval: 0.05,
    gracefulShutdown: false,
    onConnectionError: error => console.log(`refused ${error.code}`)
  })
  const logger = createLogger({ transports: [transport] })
  logger.info('before')
  await transport.flush()
  console.log('sent')
  await told('away')
  await tick()
  logger.warn('while away')
  await told('back')
  await tick()
  logger.info('after')
  // What was refused is tried again, too.
  await transport.close()
  process.exit()
}

main(process.argv.slice(2))
