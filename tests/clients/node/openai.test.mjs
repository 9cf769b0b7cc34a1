// The `openai` package against OpenAI and every vendor that speaks chat completions, by `baseURL`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { eventually, REPLY, Vendor } from './mocks.mjs';

const BASES = {
  openai: '/v1',
  deepseek: '/v1',
  hunyuan: '/openai/v1',
  ark: '/api/v3',
  qwen: '/compatible-mode/v1',
  stepfun: '/v1',
  ernie: '/v2',
  siliconflow: '/v1',
  lkeap: '/v1',
};
const messages = [{ role: 'user', content: '你好' }];

function client(vendor, settings = {}) {
  return new OpenAI({
    baseURL: vendor.http + BASES[vendor.name], apiKey: 'sk-right', maxRetries: 0, timeout: 10_000, ...settings,
  });
}

function ask(client, more = {}) {
  return client.chat.completions.create({ model: 'mock-1', messages, ...more });
}

for (const name of Object.keys(BASES)) {
  const vendor = new Vendor(name);

  test(`${name}: an answer comes whole`, async () => {
    await vendor.play({ reply: REPLY, first_token: '20ms', per_token: '0ms' });
    const answer = await ask(client(vendor));
    assert.equal(answer.choices[0].message.content, REPLY);
    assert.deepEqual((await vendor.asked()).at(-1).body.messages, messages);
  });

  test(`${name}: a stream says the same to the byte`, async () => {
    await vendor.play({ reply: REPLY, reasoning: 'Let me think.', first_token: '20ms', per_token: '1ms' });
    let text = '';
    let thought = '';
    for await (const chunk of await ask(client(vendor), { stream: true })) {
      text += chunk.choices[0]?.delta?.content ?? '';
      thought += chunk.choices[0]?.delta?.reasoning_content ?? '';
    }
    assert.equal(text, REPLY);
    assert.equal(thought, 'Let me think.');
  });

  test(`${name}: a cancelled stream is free at once`, async () => {
    await vendor.play({ reply: 'one two three four', first_token: '10ms', per_token: '400ms', concurrent: 1 });
    const stream = await ask(client(vendor), { stream: true });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta?.content) {
        await assert.rejects(ask(client(vendor), { stream: true }), OpenAI.RateLimitError);
        stream.controller.abort();
        break;
      }
    }
    await eventually(async () => {
      try {
        (await ask(client(vendor), { stream: true })).controller.abort();
        return true;
      } catch (error) {
        assert.ok(error instanceof OpenAI.RateLimitError, String(error));
        return false;
      }
    }, 'the place of the cancelled stream');
  });

  test(`${name}: a wrong key is told`, async () => {
    await vendor.play({ key: 'sk-right' });
    await assert.rejects(ask(client(vendor, { apiKey: 'sk-wrong' }), { stream: true }), OpenAI.AuthenticationError);
  });

  test(`${name}: a rate limit is told`, async () => {
    await vendor.play({ status: 429, retry_after: '2s', body: 'vendor' });
    await assert.rejects(ask(client(vendor), { stream: true }), OpenAI.RateLimitError);
  });
}

test('openai: a rate limit is waited for and asked again', async () => {
  const vendor = new Vendor('openai');
  await vendor.play({ reply: 'Later.', 'request 1': { status: 429, retry_after: '50ms', body: 'vendor' } });
  const answer = await ask(client(vendor, { maxRetries: 1 }));
  assert.equal(answer.choices[0].message.content, 'Later.');
  const counts = (await vendor.asked()).slice(-2).map((asked) => asked.headers['x-stainless-retry-count']);
  assert.deepEqual(counts, ['0', '1']);
});
