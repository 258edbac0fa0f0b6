// What a service does with node-postgres, in legacy names; prints what it saw, one JSON line a step.
// `tests/clients.rs` runs it straight before the legacy database and through Exonym before the current one, and compares.
//
//     node node_pg_script.js STATEMENTS PORT DATABASE
'use strict'
const fs = require('fs')
const { once } = require('events')
const { pipeline } = require('stream/promises')
const { Readable } = require('stream')
const pg = require('pg')
const Cursor = require('pg-cursor')
const copy = require('pg-copy-streams')

const [file, port, database] = process.argv.slice(2)
const texts = JSON.parse(fs.readFileSync(file, 'utf8'))
const told = (step, what) => console.log(JSON.stringify([step, what]))
const value = (given) => (given && typeof given === 'object' && !Array.isArray(given) ? given.date || given.time : given)
const seen = (r) =>
  Array.isArray(r) ? r.map(seen) : [r.command, r.rowCount, r.fields.map((f) => [f.name, f.dataTypeID, f.dataTypeSize, f.dataTypeModifier, f.format]), r.rows]
const failed = (e) => [e.code, e.position, e.severity]

async function connect() {
  const client = new pg.Client({ host: '127.0.0.1', port, database, user: 'postgres' })
  await client.connect()
  return client
}

async function main() {
  const client = await connect()
  for (const [text, parameters] of texts.reads) {
    const values = parameters.map(value)
    const asked = { text, values, rowMode: 'array' }
    told(text, seen(await client.query(asked)))
    // It does not read every type in binary.
    told(`binary: ${text}`, await client.query({ ...asked, binary: true }).then(seen, String))
    const name = text.slice(0, 60)
    for (let n = 0; n < 3; n++) told(`prepared: ${text}`, seen(await client.query({ ...asked, name })))
    if (values.length === 0) told(`simple: ${text}`, seen(await client.query(text)))
  }
  told('script', seen(await client.query('SELECT rating FROM solver; SELECT phone_number FROM customers; SET search_path TO public')))
  // Sent at once, answered in order.
  const many = texts.reads.map(([text, values]) => client.query(text, values.map(value)))
  told('queued', (await Promise.all(many)).map(seen))

  await client.query('BEGIN')
  for (const [text, values] of texts.writes) told(text, seen(await client.query(text, values.map(value))))
  await client.query('ROLLBACK')

  for (const text of texts.errors) {
    told(`simple: ${text}`, await client.query(text).then(seen, failed))
    told(`extended: ${text}`, await client.query({ text, name: text.slice(0, 60) }).then(seen, failed))
  }

  const cursor = client.query(new Cursor(texts.cursor))
  for (let rows = [0]; rows.length; ) told('cursor', (rows = await cursor.read(3)))
  await cursor.close()
  const early = client.query(new Cursor(texts.cursor))
  told('closed early', await early.read(2))
  await early.close()

  let copied = ''
  for await (const part of client.query(copy.to(texts.copy_out))) copied += part
  told('copy out', copied)
  await client.query('BEGIN')
  await pipeline(Readable.from([texts.copy_text]), client.query(copy.from(texts.copy_in)))
  told('copied in', seen(await client.query(texts.copied)))
  await client.query('ROLLBACK')

  const other = await connect()
  await client.query('LISTEN rating')
  for (const from of [client, other]) {
    const heard = once(client, 'notification')
    await from.query("SELECT pg_notify('rating', 'consumption_kwh')")
    const [message] = await heard
    told('heard', [message.channel, message.payload, message.processId === client.processID])
  }

  const sleeping = client.query('SELECT rating, pg_sleep(60) FROM solver').then(seen, failed)
  const asleep = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"
  while ((await other.query(asleep, [client.processID])).rowCount === 0) await new Promise((go) => setTimeout(go, 10))
  const canceller = new pg.Client({ host: '127.0.0.1', port, database, user: 'postgres' })
  canceller.connection.on('connect', () => canceller.connection.cancel(client.processID, client.secretKey))
  canceller.connection.on('error', () => {})
  canceller.connection.connect(port, '127.0.0.1')
  told('cancelled', await sleeping)
  told('alive', seen(await client.query('SELECT count(rating) FROM solver')))
  await client.end()
  await other.end()
  told('end', require('pg/package.json').version)
}

main().catch((e) => {
  console.error(e)
  process.exit(1)
})
