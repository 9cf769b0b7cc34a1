// The `dify-client` package against Dify's chat messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatClient } from 'dify-client';
import { REPLY, Vendor } from './mocks.mjs';

const vendor = new Vendor('dify');
const client = (key = 'app-right') => new ChatClient(key, `${vendor.http}/v1`);

test('dify: an answer comes whole', async () => {
  await vendor.play({ reply: REPLY, first_token: '20ms', per_token: '0ms' });
  const answer = await client().createChatMessage({}, '你好', 'u-1', false);
  assert.equal(answer.data.answer, REPLY);
});

test('dify: a stream says the same to the byte', async () => {
  await vendor.play({ reply: REPLY, first_token: '20ms', per_token: '1ms' });
  const answer = await client().createChatMessage({}, '你好', 'u-1', true);
  let text = '';
  for await (const piece of answer.data) text += typeof piece === 'string' ? piece : new TextDecoder().decode(piece);
  const events = text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
  assert.equal(events.filter((event) => event.event === 'message').map((event) => event.answer).join(''), REPLY);
});

test('dify: a wrong key is told', async () => {
  await vendor.play({ key: 'app-right' });
  await assert.rejects(client('app-wrong').createChatMessage({}, '你好', 'u-1', false), /401/);
});

test('dify: a rate limit is told', async () => {
  await vendor.play({ status: 429, body: 'vendor' });
  await assert.rejects(client().createChatMessage({}, '你好', 'u-1', false), /429/);
});
