// What the programs share.
const fs = require('node:fs')
const path = require('node:path')
const readline = require('node:readline')
const { setTimeout: sleep } = require('node:timers/promises')

const texts = JSON.parse(fs.readFileSync(path.join(__dirname, '../texts.json'), 'utf8'))

// Until the clock has moved: these clients stamp lines with milliseconds, and equal times would leave the order open.
async function tick () {
  const before = Date.now()
  while (Date.now() <= before) await sleep(1)
}

// The commands on standard input, one a line.
function commands () {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  return async expected => {
    const { value } = await lines.next()
    if (value !== expected) throw new Error(`told ${value} instead of ${expected}`)
  }
}

module.exports = { texts, tick, commands }
