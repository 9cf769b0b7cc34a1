"""The `openai` package against OpenAI's Responses."""

import openai

from mocks import REPLY, Vendor, VendorCase


class Responses(VendorCase):
    def setUp(self):
        self.vendor = Vendor("openai_responses")

    def client(self, key="sk-right"):
        return openai.OpenAI(base_url=f"{self.vendor.http}/v1", api_key=key, max_retries=0, timeout=10)

    def ask(self, client=None, **more):
        return (client or self.client()).responses.create(model="mock-1", input="你好", **more)

    def test_an_answer_comes_whole(self):
        self.vendor.play(reply=REPLY, first_token="20ms", per_token="0ms")
        answer = self.ask()
        self.assertEqual((answer.output_text, answer.status), (REPLY, "completed"))
        self.assertEqual(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens)

    def test_a_stream_says_the_same_to_the_byte(self):
        self.vendor.play(reply=REPLY, reasoning="Hm.", first_token="20ms", per_token="1ms")
        events = list(self.ask(stream=True))
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        self.assertEqual("".join(deltas), REPLY)
        self.assertEqual(events[-1].type, "response.completed")
        self.assertEqual(events[-1].response.output_text, REPLY)

    def test_the_helper_puts_the_stream_together(self):
        call = {"name": "weather", "arguments": {"city": "北京"}}
        self.vendor.play(reply=REPLY, tool_calls=[call], first_token="20ms", per_token="1ms")
        with self.client().responses.stream(model="mock-1", input="你好") as stream:
            answer = stream.get_final_response()
        self.assertEqual(answer.output_text, REPLY)
        [called] = [item for item in answer.output if item.type == "function_call"]
        self.assertEqual((called.name, called.arguments), ("weather", '{"city":"北京"}'))

    def test_a_cancelled_stream_is_free_at_once(self):
        self.vendor.play(reply="one two three four five", first_token="10ms", per_token="400ms", concurrent=1)
        stream = self.ask(stream=True)
        next(event for event in stream if event.type == "response.output_text.delta")
        with self.assertRaises(openai.RateLimitError):
            self.ask(stream=True)
        stream.close()

        def is_let_in():
            try:
                self.ask(stream=True).close()
                return True
            except openai.RateLimitError:
                return False

        self.eventually(is_let_in, "the place of the cancelled stream")

    def test_a_wrong_key_is_told(self):
        self.vendor.play(key="sk-right")
        with self.assertRaises(openai.AuthenticationError):
            self.ask(self.client("sk-wrong"), stream=True)
        self.ask(stream=True).close()

    def test_a_rate_limit_is_told(self):
        self.vendor.play(status=429, retry_after="2s", body="vendor")
        with self.assertRaises(openai.RateLimitError) as refused:
            self.ask(stream=True)
        self.assertEqual(refused.exception.code, "rate_limit_exceeded")

    def test_an_error_within_a_stream_is_raised(self):
        self.vendor.play(reply="one two three four", quirk="Q38", first_token="10ms", per_token="1ms")
        events = []
        try:
            events = [event.type for event in self.ask(stream=True)]
        except openai.APIError:
            return
        self.assertEqual(events[-1], "error")
