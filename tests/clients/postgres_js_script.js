// What a service does with postgres.js, in legacy names; prints what it saw, one JSON line a step.
// `tests/clients.rs` runs it straight before the legacy database and through Exonym before the current one, and compares.
//
//     node postgres_js_script.js STATEMENTS PORT DATABASE
'use strict'
const fs = require('fs')
const { pipeline } = require('stream/promises')
const { Readable } = require('stream')
const postgres = require('postgres')

const [file, port, database] = process.argv.slice(2)
const texts = JSON.parse(fs.readFileSync(file, 'utf8'))
const told = (step, what) => console.log(JSON.stringify([step, what]))
const value = (given) => (given && typeof given === 'object' && !Array.isArray(given) ? new Date(given.date || given.time) : given)
const seen = (r) => [r.command, r.count, r.columns && r.columns.map((c) => [c.name, c.type]), [...r]]
const failed = (e) => [e.code, e.position, e.severity]
const open = (more) => postgres({ host: '127.0.0.1', port, database, user: 'postgres', max: 1, onnotice: () => {}, ...more })

async function main() {
  const sql = open()
  for (const [text, parameters] of texts.reads) {
    const values = parameters.map(value)
    told(text, seen(await sql.unsafe(text, values)))
    for (let n = 0; n < 3; n++) told(`prepared: ${text}`, seen(await sql.unsafe(text, values, { prepare: true })))
    const described = await sql.unsafe(text, values).describe()
    told(`described: ${text}`, [described.types, described.columns.map((c) => [c.name, c.type])])
    if (values.length === 0) told(`simple: ${text}`, seen(await sql.unsafe(text).simple()))
  }
  // All at once: they go out as one pipeline.
  const many = await Promise.all(texts.reads.map(([text, parameters]) => sql.unsafe(text, parameters.map(value), { prepare: true })))
  told('pipelined', many.map(seen))
  const mixed = texts.errors.flatMap((text) => [sql.unsafe(text), sql`SELECT phone_number FROM customers WHERE id = ${1}`])
  told('pipelined with errors', (await Promise.allSettled(mixed)).map((r) => (r.reason ? failed(r.reason) : seen(r.value))))
  const phone = '+593 99 111'
  told('tagged', seen(await sql`SELECT id, ${sql('full_name')} FROM ${sql('customers')} WHERE phone_number = ${phone} AND ${sql('status')} = ${'active'}`))

  const undone = new Error('undone')
  await sql
    .begin(async (sql) => {
      for (const [text, parameters] of texts.writes) told(text, seen(await sql.unsafe(text, parameters.map(value))))
      const rows = [301, 302].map((id) => ({ id, estado: `n${id}`, telefono: String(id) }))
      told('many', seen(await sql`INSERT INTO orders ${sql(rows)} RETURNING id, telefono`))
      const inner = sql.savepoint((sql) => sql`SELECT phone_number, nothing FROM customers`)
      told('savepoint', await inner.then(seen, failed))
      told('after it', seen(await sql`SELECT o.telefono, c.phone_number FROM orders o LEFT JOIN customers c ON c.id = o.id - 300 WHERE o.id >= 300 ORDER BY o.id`))
      throw undone
    })
    .catch((e) => e === undone || Promise.reject(e))

  for (const text of texts.errors) {
    told(`simple: ${text}`, await sql.unsafe(text).simple().then(seen, failed))
    told(`extended: ${text}`, await sql.unsafe(text, [], { prepare: true }).then(seen, failed))
  }

  await sql.unsafe(texts.cursor).cursor(3, (rows) => told('cursor', [...rows]))
  for await (const rows of sql.unsafe(texts.cursor).cursor(4)) {
    told('closed early', [...rows])
    break
  }

  let copied = ''
  for await (const part of await sql.unsafe(texts.copy_out).readable()) copied += part
  told('copy out', copied)
  await sql
    .begin(async (sql) => {
      await pipeline(Readable.from([texts.copy_text]), await sql.unsafe(texts.copy_in).writable())
      told('copied in', seen(await sql.unsafe(texts.copied)))
      throw undone
    })
    .catch((e) => e === undone || Promise.reject(e))

  let hear
  let heard = new Promise((go) => (hear = go))
  await sql.listen('rating', (payload) => hear(payload))
  await sql.notify('rating', 'consumption_kwh')
  told('heard', await heard)

  const other = open()
  const sleeping = sql.unsafe('SELECT rating, pg_sleep(61) FROM solver')
  const answer = sleeping.then(seen, failed)
  const asleep = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(6' || '1)%' AND wait_event = 'PgSleep' AND datname = current_database()"
  while ((await other.unsafe(asleep)).count === 0) await new Promise((go) => setTimeout(go, 10))
  sleeping.cancel()
  told('cancelled', await answer)
  told('alive', seen(await sql`SELECT count(rating) FROM solver`))
  await Promise.all([sql.end({ timeout: 5 }), other.end({ timeout: 5 })])
  told('end', '')
}

main().catch((e) => {
  console.error(e)
  process.exit(1)
})
