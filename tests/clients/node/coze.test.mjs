// The `@coze/api` package against Coze's chat.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatEventType, COZE_CN_BASE_URL, CozeAPI } from '@coze/api';
import { REPLY, Vendor } from './mocks.mjs';

assert.ok(COZE_CN_BASE_URL.startsWith('https://'));
const vendor = new Vendor('coze');

async function ask(token = 'pat_right') {
  const coze = new CozeAPI({ token, baseURL: vendor.http });
  const question = { role: 'user', content: '你好', content_type: 'text' };
  const events = [];
  for await (const event of coze.chat.stream({ bot_id: '7300000000000000001', additional_messages: [question] })) {
    events.push(event);
  }
  return events;
}

test('coze: a stream says the same to the byte', async () => {
  await vendor.play({ reply: REPLY, first_token: '20ms', per_token: '1ms' });
  const events = await ask();
  const deltas = events.filter((event) => event.event === ChatEventType.CONVERSATION_MESSAGE_DELTA);
  assert.equal(deltas.map((event) => event.data.content).join(''), REPLY);
  assert.equal(events.at(-1).event, ChatEventType.DONE);
});

// This client hands a refusal to its caller as an event.
test('coze: a wrong token is told', async () => {
  await vendor.play({ key: 'pat_right' });
  const [refusal] = await ask('pat_wrong');
  assert.deepEqual([refusal.event, refusal.data.code], [ChatEventType.ERROR, 4100]);
});

test('coze: a rate limit is told', async () => {
  await vendor.play({ status: 429, body: 'vendor' });
  const [refusal] = await ask();
  assert.deepEqual([refusal.event, refusal.data.code], [ChatEventType.ERROR, 4013]);
});
