// A bank on kafkajs: reports on each request and reads its receipts, as docs/banks says.
//
// Environment: SETTINGS, a module of the settings; BANK, the bank's code; STATES, what to report on each request,
// in order, with commas; RECEIPTS, after how many of them to end. Prints one JSON object a line.
'use strict'

const { randomUUID } = require('node:crypto')
const { Kafka, CompressionCodecs, CompressionTypes, logLevel } = require('kafkajs')
const snappy = require('kafkajs-snappy')
const lz4 = require('lz4-napi')
const zstd = require('@mongodb-js/zstd')

const { BANK, SETTINGS } = process.env
const STATES = process.env.STATES.split(',')
const RECEIPTS = Number(process.env.RECEIPTS)
const settings = require(SETTINGS)

CompressionCodecs[CompressionTypes.Snappy] = snappy
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: (encoder) => zstd.compress(encoder.buffer),
  decompress: (buffer) => zstd.decompress(buffer),
})

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

function report(request, state) {
  const body = {
    report_id: `${request.leg.replace('/', '-')}-${state}`,
    leg: request.leg,
    state,
    evidence: { by: '李经理', how: '电话', text: '已按流程办理，资料齐全。'.repeat(10) },
  }
  if (state === 'approved') {
    Object.assign(body, { amount: request.amount, rate_percent: '3.85', term_months: request.term_months })
  }
  return JSON.stringify(body)
}

// The leg is the key: its reports stay in order.
const message = (request, state) => ({
  key: request.leg,
  value: report(request, state),
  headers: {
    ce_specversion: '1.0',
    ce_type: 'bank.report.v1',
    ce_id: randomUUID(),
    'content-type': 'application/json',
  },
})

async function run() {
  const kafka = new Kafka({ logLevel: logLevel.ERROR, ...settings.client })
  const producer = kafka.producer(settings.producer)
  const consumer = kafka.consumer(settings.consumer)
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topics: [`banks.${BANK}.requests`, `banks.${BANK}.receipts`], ...settings.subscription })
  let receipts = 0
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const eachMessage = async ({ topic, message: { headers, value } }) => {
      const body = JSON.parse(value)
      if (topic.endsWith('.receipts')) {
        say({ receipt: body })
        if (++receipts === RECEIPTS) resolve()
      } else if (headers.ce_type.toString() === 'bank.request.v1') {
        say({ request: body })
        const messages = STATES.map((state) => message(body, state))
        await producer.send({ topic: `banks.${BANK}.replies`, messages, ...settings.sending })
      }
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  await producer.disconnect()
}

say({ client: 'kafkajs', version: require('kafkajs/package.json').version })
run().catch((error) => {
  say({ error: `${error.name}: ${error.message}` })
  process.exit(1)
})
