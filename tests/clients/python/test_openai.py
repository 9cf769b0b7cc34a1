"""The `openai` package against OpenAI and every vendor that speaks chat completions, by `base_url`."""

import openai

from mocks import REPLY, Vendor, VendorCase

# Where each vendor's base is.
BASES = {
    "openai": "/v1",
    "deepseek": "/v1",
    "hunyuan": "/v1",
    "ark": "/api/v3",
    "qwen": "/compatible-mode/v1",
    "stepfun": "/v1",
    "ernie": "/v2",
    "siliconflow": "/v1",
    "lkeap": "/v1",
}
QUESTION = [{"role": "user", "content": "你好"}]


class Chat:
    """What every vendor must show; `name` says which."""

    def setUp(self):
        self.vendor = Vendor(self.name)

    def client(self, key="sk-right", **settings):
        settings = {"max_retries": 0, "timeout": 10, **settings}
        return openai.OpenAI(base_url=self.vendor.http + BASES[self.name], api_key=key, **settings)

    def ask(self, client, **more):
        return client.chat.completions.create(model="mock-1", messages=QUESTION, **more)

    def test_an_answer_comes_whole(self):
        self.vendor.play(reply=REPLY, first_token="20ms", per_token="0ms")
        answer = self.ask(self.client())
        self.assertEqual(answer.choices[0].message.content, REPLY)
        self.assertIn(answer.choices[0].finish_reason, ("stop", "normal"))
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)
        self.assertEqual(self.vendor.asked()[-1]["body"]["messages"], QUESTION)

    def test_a_stream_says_the_same_to_the_byte(self):
        self.vendor.play(reply=REPLY, reasoning="Let me think.", first_token="20ms", per_token="1ms")
        chunks = list(self.ask(self.client(), stream=True, stream_options={"include_usage": True}))
        deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
        self.assertEqual("".join(delta.content or "" for delta in deltas), REPLY)
        thought = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
        self.assertEqual(thought, "Let me think.")
        reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
        self.assertEqual(len(reasons), 1)
        self.assertTrue(any(chunk.usage for chunk in chunks))

    def test_a_call_of_a_tool_arrives_whole(self):
        call = {"name": "weather", "arguments": {"city": "北京", "days": 2}}
        self.vendor.play(reply="", tool_calls=[call], first_token="10ms", per_token="1ms")
        name, arguments = "", ""
        for chunk in self.ask(self.client(), stream=True):
            for choice in chunk.choices:
                for part in choice.delta.tool_calls or []:
                    name += part.function.name or ""
                    arguments += part.function.arguments or ""
        self.assertEqual((name, arguments), ("weather", '{"city":"北京","days":2}'))

    def test_a_cancelled_stream_is_free_at_once(self):
        self.vendor.play(reply="one two three four five", first_token="10ms", per_token="400ms", concurrent=1)
        client = self.client()
        stream = self.ask(client, stream=True)
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                break
        with self.assertRaises(openai.RateLimitError):
            self.ask(client, stream=True)
        stream.close()

        def is_let_in():
            try:
                self.ask(client, stream=True).close()
            except openai.RateLimitError:
                return False
            return True

        self.eventually(is_let_in, "the place of the cancelled stream")

    def test_a_wrong_key_is_told(self):
        self.vendor.play(key="sk-right")
        with self.assertRaises(openai.AuthenticationError):
            self.ask(self.client(key="sk-wrong"), stream=True)
        self.ask(self.client(), stream=True).close()

    def test_a_rate_limit_is_told_with_its_wait(self):
        self.vendor.play(status=429, retry_after="2s", body="vendor")
        with self.assertRaises(openai.RateLimitError) as refused:
            self.ask(self.client(), stream=True)
        self.assertEqual(refused.exception.response.headers["retry-after"], "2")


for name in BASES:
    globals()[f"Chat_{name}"] = type(f"Chat_{name}", (Chat, VendorCase), {"name": name})


class OpenAi(VendorCase):
    """What the other vendors lack, or have differently."""

    def setUp(self):
        self.vendor = Vendor("openai")
        self.client = openai.OpenAI(base_url=f"{self.vendor.http}/v1", api_key="any", max_retries=0)

    def test_a_rate_limit_is_waited_for_and_asked_again(self):
        self.vendor.play(reply="Later.", **{"request 1": {"status": 429, "retry_after": "50ms", "body": "vendor"}})
        client = self.client.with_options(max_retries=1)
        answer = client.chat.completions.create(model="mock-1", messages=QUESTION)
        self.assertEqual(answer.choices[0].message.content, "Later.")
        counts = [asked["headers"]["x-stainless-retry-count"] for asked in self.vendor.asked()[-2:]]
        self.assertEqual(counts, ["0", "1"])

    def test_an_error_within_a_stream_is_raised(self):
        self.vendor.play(reply="one two three four", quirk="Q38", first_token="10ms", per_token="1ms")
        with self.assertRaises(openai.APIError):
            list(self.client.chat.completions.create(model="mock-1", messages=QUESTION, stream=True))

    def test_the_models_are_listed(self):
        self.vendor.play()
        self.assertEqual([model.id for model in self.client.models.list()], ["mock-1"])
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("nobody")
