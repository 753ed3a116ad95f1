// Lets node-zendesk, a client that knows nothing of this project, work with the sandbox.
//
//     npm install --prefix /some/folder node-zendesk
//     cargo run -- sandbox --listen 127.0.0.1:8787 &
//     NODE_PATH=/some/folder/node_modules node tests/clients/node_zendesk_check.mjs 8787
//
// It ends with 0 and a line for every check, or with the first thing that the client trips over.

import {createRequire} from 'node:module';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';

// Through require, since import does not look into NODE_PATH.
const {createClient} = createRequire(import.meta.url)('node-zendesk');

const origin = `http://127.0.0.1:${Number(process.argv[2])}`;
const run = process.hrtime.bigint().toString();
const client = createClient({
  username: 'admin@sandbox.example',
  token: 'any',
  endpointUri: `${origin}/api/v2`,
  throwOriginalException: true,
});

async function control(path, body) {
  const reply = await fetch(`${origin}/sandbox/${path}`, {
    method: body ? 'POST' : 'GET',
    body: body && JSON.stringify(body),
  });
  return reply.json();
}

function check(what, holds) {
  console.log((holds ? 'ok    ' : 'WRONG ') + what);
  if (!holds) {
    process.exit(1);
  }
}

/** The error with which an action fails, if its status is the expected one. */
async function refused(status, action) {
  try {
    await action();
  } catch (error) {
    if (error.statusCode === status) {
      return error;
    }

    throw error;
  }

  return undefined;
}

async function finished(id) {
  const seen = [];
  for (let turn = 0; turn < 200; turn++) {
    const {job_status: job} = (await client.jobstatuses.show(id)).result;
    seen.push(job.status);
    if (['completed', 'failed', 'killed'].includes(job.status)) {
      return {job, seen};
    }

    await sleep(50);
  }

  throw new Error('the job does not end');
}

const withoutLimits = () =>
  control('settings', {rpm: 0, users_per_s: 0, user_rpm: 0, incremental_rpm: 0});

async function tickets() {
  const {result: made} = await client.tickets.create({
    ticket: {
      subject: 'node-zendesk',
      comment: {body: 'a first ticket'},
      external_id: `node-${run}`,
      requester: {name: 'Ann', email: `ann-${run}@example.com`},
    },
  });
  check('a create gives the ticket', made.external_id === `node-${run}`);
  const shown = (await client.tickets.show(made.id)).result;
  check('show finds it', shown.subject === 'node-zendesk');
  const {result: user} = await client.users.show(made.requester_id);
  check('its requester is a user', user.name === 'Ann');
  const listed = await client.tickets.list();
  check('the list has it', listed.some(ticket => ticket.id === made.id));
  const found = await client.search.queryAll(`type:ticket external_id:node-${run}`);
  check('the search has it', found.length === 1 && found[0].id === made.id);
  const updated = await client.tickets.update(made.id, {ticket: {status: 'solved'}});
  check('an update changes it', updated.result.status === 'solved');
  const comments = await client.tickets.getComments(made.id);
  check('its comment is there', comments[0].body === 'a first ticket');
  await client.tickets.delete(made.id);
  const gone = await refused(404, () => client.tickets.show(made.id));
  check('a deleted ticket is RecordNotFound', gone?.result.error === 'RecordNotFound');
}

async function pages() {
  const many = Array.from({length: 230}, (_, n) => `page-${n}`);
  await Promise.all(
    many.map(subject => client.tickets.create({ticket: {subject, comment: {body: 'x'}}})),
  );
  const listed = await client.tickets.list();
  const subjects = new Set(listed.map(ticket => ticket.subject));
  check('the list goes on over pages', many.every(subject => subjects.has(subject)));
}

async function imports() {
  const {result: author} = await client.users.createOrUpdate({
    user: {name: 'Bob', email: `bob-${run}@example.com`},
  });
  const {result: ticket} = await client.imports.ticket({
    ticket: {
      subject: 'of old',
      status: 'closed',
      created_at: '2010-12-31T02:46:15+01:00',
      requester_id: author.id,
      comments: [
        {author_id: author.id, value: 'help', created_at: '2010-12-31T02:46:15+01:00'},
        {author_id: author.id, value: 'thanks', public: false},
      ],
    },
  });
  check('an import is a ticket', ticket.created_at === '2010-12-31T01:46:15Z');
  const comments = await client.tickets.getComments(ticket.id);
  check('it keeps its conversation', comments.map(c => c.body).join() === 'help,thanks');
  check('and who wrote it', comments.every(c => c.author_id === author.id));
  check('and what was private', comments.map(c => c.public).join() === 'true,false');
}

async function jobs() {
  await control('settings', {job_queue_ms: 200, job_item_ms: 20});
  const batch = Array.from({length: 30}, (_, n) => ({
    subject: String(n),
    comment: {body: `bulk ${n}`},
  }));
  delete batch[7].comment;
  const queued = await client.tickets.createMany({tickets: batch});
  const {job, seen} = await finished(queued.result.job_status.id);
  check(
    'a job is queued, works and completes',
    ['queued', 'working', 'completed'].every(status => seen.includes(status)),
  );
  const {results} = job;
  check('it has a result for every ticket', results.every((r, n) => r.index === n));
  check('completed is not success', results[7].error === 'TicketCreateFailed');
  const made = results.filter(r => r.id).map(r => r.id);
  const sorted = made.toSorted((a, b) => a - b);
  check('ids are not in the order of the request', made.join() !== sorted.join());
  const shown = await client.tickets.showMany(made.slice(0, 3));
  check('many can be shown', shown.result.length === 3);
  await client.tickets.deleteMany(made);
  await sleep(200 + 40 * made.length);
  await refused(404, () => client.tickets.show(made[0]));
  check('many can be deleted', true);
}

async function errors() {
  const blank = await refused(422, () => client.tickets.create({ticket: {subject: 'nothing'}}));
  check('a ticket without a comment is a 422', blank !== undefined);
  check('the 422 says which field', blank.result.details.base[0].error === 'BlankValue');
  const tickets = Array.from({length: 101}, () => ({comment: {body: 'x'}}));
  const many = await refused(400, () => client.tickets.createMany({tickets}));
  check('101 tickets are TooManyValues', many?.result.error === 'TooManyValues');
}

/** A create that waits and tries again; the client itself hands a 429 back as its result. */
async function patientCreate(ticket) {
  for (;;) {
    const {response, result} = await client.tickets.create({ticket});
    if (result.statusCode !== 429) {
      return result;
    }

    await sleep(1000 * Number(response.headers.get('retry-after')));
  }
}

async function limits() {
  await control('settings', {rpm: 5});
  const {throttled} = await control('stats');
  const started = Date.now();
  for (let n = 0; n < 7; n++) {
    const made = await patientCreate({comment: {body: `paced ${n}`}});
    check(`create ${n} has its ticket`, made.id > 0);
  }

  const waited = Math.round((Date.now() - started) / 1000);
  const {throttled: now} = await control('stats');
  check('node-zendesk was told to wait', now > throttled);
  check('waiting once was enough', now - throttled <= 2);
  check(`the wait was that of retry-after (${waited} s)`, waited >= 50);
}

await withoutLimits();
await tickets();
await pages();
await imports();
await jobs();
await errors();
await limits();
await withoutLimits();
console.log('node-zendesk agrees with the sandbox');
