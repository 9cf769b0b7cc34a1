"""The `dify-client` package against Dify's chat messages. It hands out the raw answer: the events are read here."""

import json

from dify_client import ChatClient

from mocks import REPLY, Vendor, VendorCase


class Dify(VendorCase):
    def setUp(self):
        self.vendor = Vendor("dify")

    def client(self, key="app-right"):
        client = ChatClient(key)
        client.base_url = f"{self.vendor.http}/v1"
        return client

    def ask(self, mode="streaming", client=None):
        client = client or self.client()
        return client.create_chat_message(inputs={}, query="你好", user="u-1", response_mode=mode)

    def events(self, answer):
        for line in answer.iter_lines():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

    def test_an_answer_comes_whole(self):
        self.vendor.play(reply=REPLY, first_token="20ms", per_token="0ms")
        answer = self.ask("blocking")
        answer.raise_for_status()
        self.assertEqual(answer.json()["answer"], REPLY)
        self.assertEqual(self.vendor.asked()[-1]["body"]["query"], "你好")

    def test_a_stream_says_the_same_to_the_byte(self):
        self.vendor.play(reply=REPLY, first_token="20ms", per_token="1ms")
        events = list(self.events(self.ask()))
        self.assertEqual("".join(event["answer"] for event in events if event["event"] == "message"), REPLY)
        self.assertEqual(events[-1]["event"], "message_end")
        self.assertIsInstance(events[-1]["metadata"]["usage"]["total_price"], str)

    def test_a_stopped_answer_is_free_at_once(self):
        self.vendor.play(reply="one two three four five", first_token="10ms", per_token="400ms", concurrent=1)
        answer = self.ask()
        events = self.events(answer)
        first = next(events)
        # This version has no method of its own for it.
        stop = self.client()._send_request("POST", f"/chat-messages/{first['task_id']}/stop", {"user": "u-1"})
        self.assertEqual(stop.json(), {"result": "success"})
        self.assertEqual(self.ask().status_code, 429)
        answer.close()

        def is_let_in():
            again = self.ask()
            again.close()
            return again.status_code == 200

        self.eventually(is_let_in, "the place of the stopped answer")

    def test_a_wrong_key_is_told(self):
        self.vendor.play(key="app-right")
        refused = self.ask(client=self.client("app-wrong"))
        self.assertEqual((refused.status_code, refused.json()["code"]), (401, "unauthorized"))
        self.assertEqual(self.ask().status_code, 200)

    def test_a_rate_limit_is_told(self):
        self.vendor.play(status=429, retry_after="2s", body="vendor")
        refused = self.ask()
        self.assertEqual((refused.status_code, refused.json()["code"]), (429, "too_many_requests"))
        self.assertEqual(refused.headers["retry-after"], "2")

    def test_an_error_within_a_stream_is_an_event(self):
        self.vendor.play(reply="one two three four", quirk="Q38", first_token="10ms", per_token="1ms")
        self.assertEqual(list(self.events(self.ask()))[-1]["event"], "error")
