"""The `volcengine-ark-runtime` package against Volcano Ark."""

from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime._exceptions import ArkAPIError, ArkAuthenticationError, ArkRateLimitError

from mocks import REPLY, Vendor, VendorCase


class VolcanoArk(VendorCase):
    def setUp(self):
        self.vendor = Vendor("ark")

    def client(self, key="right"):
        return Ark(api_key=key, base_url=f"{self.vendor.http}/api/v3", max_retries=0)

    def ask(self, client=None, **more):
        messages = [{"role": "user", "content": "你好"}]
        return (client or self.client()).chat.completions.create(model="ep-1", messages=messages, **more)

    def test_an_answer_comes_whole(self):
        self.vendor.play(reply=REPLY, first_token="20ms", per_token="0ms")
        self.assertEqual(self.ask().choices[0].message.content, REPLY)

    def test_a_stream_says_the_same_to_the_byte(self):
        self.vendor.play(reply=REPLY, reasoning="Hm.", first_token="20ms", per_token="1ms")
        chunks = [chunk for chunk in self.ask(stream=True) if chunk.choices]
        deltas = [chunk.choices[0].delta for chunk in chunks]
        self.assertEqual("".join(delta.content or "" for delta in deltas), REPLY)
        self.assertEqual("".join(delta.reasoning_content or "" for delta in deltas), "Hm.")

    def test_a_cancelled_stream_is_free_at_once(self):
        self.vendor.play(reply="one two three four five", first_token="10ms", per_token="400ms", concurrent=1)
        stream = self.ask(stream=True)
        next(chunk for chunk in stream if chunk.choices and chunk.choices[0].delta.content)
        with self.assertRaises(ArkRateLimitError):
            self.ask(stream=True)
        stream.response.close()

        def is_let_in():
            try:
                self.ask(stream=True).response.close()
                return True
            except ArkRateLimitError:
                return False

        self.eventually(is_let_in, "the place of the cancelled stream")

    def test_a_wrong_key_is_told(self):
        self.vendor.play(key="right")
        with self.assertRaises(ArkAuthenticationError):
            self.ask(self.client("wrong"))

    def test_a_rate_limit_is_told_with_its_code(self):
        self.vendor.play(status=429, body="vendor")
        with self.assertRaises(ArkAPIError) as refused:
            self.ask(stream=True)
        self.assertIn("RateLimitExceeded.EndpointRPMExceeded", str(refused.exception))
