"""LiveKit Agents' OpenAI plugin through `bargein serve`: what a voice agent's framework gets from the LLM proxy."""

import asyncio
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from livekit.agents import APIConnectionError, APIStatusError, llm  # noqa: E402
from livekit.agents.types import APIConnectOptions  # noqa: E402
from livekit.plugins import openai  # noqa: E402

from mocks import REPLY, VendorCase  # noqa: E402
from proxy import KEY, VENDOR, ways  # noqa: E402

ONCE = APIConnectOptions(max_retry=0, timeout=10)


@llm.function_tool
async def weather(city: str) -> str:
    """The weather of a city."""
    return city


def model(way, key=None):
    base, own = ways()[way]
    return openai.LLM(model="mock-1", base_url=base, api_key=key or own)


def chat(way, key=None, **more):
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="你好")
    return model(way, key).chat(chat_ctx=context, conn_options=ONCE, **more)


async def said(way, **more):
    """All the text and all the calls of tools of one answer."""
    text, calls = "", []
    async with chat(way, **more) as stream:
        async for chunk in stream:
            if chunk.delta:
                text += chunk.delta.content or ""
                calls += [(call.name, call.arguments) for call in chunk.delta.tool_calls]
    return text, calls


class LiveKit(VendorCase, unittest.IsolatedAsyncioTestCase):
    async def same(self, outcome, **script):
        got = {}
        for way in ways():
            VENDOR.play(**script)
            got[way] = await outcome(way)
        self.assertEqual(got["proxy"], got["straight"])
        return got["proxy"]

    async def test_an_answer_is_the_same(self):
        text, _ = await self.same(said, reply=REPLY, first_token="10ms", per_token="1ms")
        self.assertEqual(text, REPLY)

    async def test_calls_of_tools_are_the_same(self):
        script = {"reply": "", "tool_calls": [{"name": "weather", "arguments": {"city": "北京"}}], "first_token": "10ms"}
        _, calls = await self.same(lambda way: said(way, tools=[weather]), **script)
        self.assertEqual(calls, [("weather", '{"city":"北京"}')])

    async def test_refusals_are_the_same(self):
        for script in ({"status": 429, "body": "vendor"}, {"status": 401}, {"status": 503}):

            async def refusal(way):
                with self.assertRaises(APIStatusError) as refused:
                    await said(way)
                return refused.exception.status_code

            await self.same(refusal, **script)

    async def test_a_wrong_key_is_told(self):
        VENDOR.play()
        with self.assertRaises(APIStatusError) as refused:
            await said("proxy", key=KEY + "x")
        self.assertEqual(refused.exception.status_code, 401)

    async def test_an_interruption_frees_the_vendor_at_once(self):
        VENDOR.play(reply="one two three four five", first_token="10ms", per_token="400ms", concurrent=1)
        stream = chat("proxy")
        async for chunk in stream:
            if chunk.delta and chunk.delta.content:
                break
        await stream.aclose()
        for _ in range(200):
            try:
                again = chat("proxy")
                async for chunk in again:
                    if chunk.delta and chunk.delta.content:
                        break
                await again.aclose()
                return
            except APIStatusError as error:
                self.assertEqual(error.status_code, 429)
                await asyncio.sleep(0.01)
        self.fail("expected the place of the interrupted stream within 2 s")

    async def test_a_break_within_a_stream_is_raised(self):
        VENDOR.play(reply="one two three four five six", first_token="10ms", per_token="1ms", cut="at token 3 by reset")
        with self.assertRaises((APIConnectionError, APIStatusError)):
            await said("proxy")
