// The `openai` package through `bargein serve`: what it gets is what it gets straight from the vendor.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { eventually, REPLY, Vendor } from './mocks.mjs';

const vendor = new Vendor('openai');
const { BARGEIN_PROXY, BARGEIN_PROXY_KEY, BARGEIN_PROXY_VENDOR_KEY } = process.env;
const WAYS = {
  straight: { baseURL: `${vendor.http}/v1`, apiKey: BARGEIN_PROXY_VENDOR_KEY },
  proxy: { baseURL: `${BARGEIN_PROXY}/v1`, apiKey: BARGEIN_PROXY_KEY },
};
const messages = [{ role: 'user', content: '你好' }];

function client(way, settings = {}) {
  return new OpenAI({ ...WAYS[way], maxRetries: 0, timeout: 10_000, ...settings });
}

function ask(way, more = {}) {
  return client(way).chat.completions.create({ model: 'mock-1', messages, ...more });
}

// An answer without what the mock counts up.
function withoutIds(document) {
  return JSON.parse(JSON.stringify(document, (name, value) => (['id', 'created'].includes(name) ? undefined : value)));
}

// What both ways give for the same script.
async function same(script, outcome) {
  const got = {};
  for (const way of Object.keys(WAYS)) {
    await vendor.play(script);
    got[way] = await outcome(way);
  }
  assert.deepEqual(got.proxy, got.straight);
  return got.proxy;
}

async function chunks(way) {
  const all = [];
  for await (const chunk of await ask(way, { stream: true, stream_options: { include_usage: true } })) {
    all.push(withoutIds(chunk));
  }
  return all;
}

test('a whole answer is the same', async () => {
  const script = { reply: REPLY, first_token: '10ms', per_token: '0ms' };
  const answer = await same(script, async (way) => withoutIds(await ask(way)));
  assert.equal(answer.choices[0].message.content, REPLY);
});

test('a stream is the same chunk by chunk', async () => {
  const script = { reply: REPLY, reasoning: 'Let me think.', first_token: '10ms', per_token: '1ms' };
  const got = await same(script, chunks);
  assert.equal(got.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join(''), REPLY);
});

test('calls of tools are the same', async () => {
  const tool_calls = [{ name: 'weather', arguments: { city: '北京', days: 2 } }];
  await same({ reply: '', tool_calls, first_token: '10ms', per_token: '1ms' }, chunks);
});

test('refusals are the same', async () => {
  for (const script of [{ status: 429, retry_after: '2s', body: 'vendor' }, { status: 401 }, { status: 500 }]) {
    await same(script, async (way) => {
      const refused = await ask(way, { stream: true }).catch((error) => error);
      assert.ok(refused instanceof OpenAI.APIError, String(refused));
      return [refused.constructor.name, refused.status, refused.headers.get('retry-after')];
    });
  }
});

test('a cancelled stream is free at once', async () => {
  await vendor.play({ reply: 'one two three four', first_token: '10ms', per_token: '400ms', concurrent: 1 });
  const stream = await ask('proxy', { stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content) {
      await assert.rejects(ask('proxy', { stream: true }), OpenAI.RateLimitError);
      stream.controller.abort();
      break;
    }
  }
  await eventually(async () => {
    try {
      (await ask('proxy', { stream: true })).controller.abort();
      return true;
    } catch (error) {
      assert.ok(error instanceof OpenAI.RateLimitError, String(error));
      return false;
    }
  }, 'the place of the cancelled stream');
});

test('a wrong key is told', async () => {
  await vendor.play({});
  const wrong = client('proxy', { apiKey: 'sk-wrong' });
  await assert.rejects(wrong.chat.completions.create({ model: 'mock-1', messages }), OpenAI.AuthenticationError);
});

test('a break within a stream is raised', async () => {
  await vendor.play({ reply: 'one two three four five', cut: 'at token 3 by reset', first_token: '10ms', per_token: '1ms' });
  let said = '';
  await assert.rejects(async () => {
    for await (const chunk of await ask('proxy', { stream: true })) said += chunk.choices[0]?.delta?.content ?? '';
  }, OpenAI.APIError);
  assert.ok(said.startsWith('one two three'), said);
});
