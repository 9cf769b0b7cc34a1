"""The `openai` package through `bargein serve`: what it gets is what it gets straight from the vendor."""

import openai

from mocks import REPLY, VendorCase
from proxy import KEY, VENDOR, VENDOR_KEY, ways

QUESTION = [{"role": "user", "content": "你好"}]


def client(way, key=None, **settings):
    base, own = ways()[way]
    return openai.OpenAI(base_url=base, api_key=key or own, **{"max_retries": 0, "timeout": 10, **settings})


def ask(way, **more):
    return client(way).chat.completions.create(model="mock-1", messages=QUESTION, **more)


def without_ids(document):
    """An answer without what the mock counts up."""
    if isinstance(document, dict):
        return {name: without_ids(value) for name, value in document.items() if name not in ("id", "created")}
    if isinstance(document, list):
        return [without_ids(value) for value in document]
    return document


class Proxy(VendorCase):
    def same(self, outcome, **script):
        """What both ways give for the same script."""
        got = {}
        for way in ways():
            VENDOR.play(**script)
            got[way] = outcome(way)
        self.assertEqual(got["proxy"], got["straight"])
        return got["proxy"]

    def test_a_whole_answer_is_the_same(self):
        answer = self.same(lambda way: without_ids(ask(way).to_dict()), reply=REPLY, first_token="10ms", per_token="0ms")
        self.assertEqual(answer["choices"][0]["message"]["content"], REPLY)

    def test_a_stream_is_the_same_chunk_by_chunk(self):
        def chunks(way):
            stream = ask(way, stream=True, stream_options={"include_usage": True}, extra_body={"enable_thinking": True})
            return [without_ids(chunk.to_dict()) for chunk in stream]

        script = {"reply": REPLY, "reasoning": "Let me think.", "first_token": "10ms", "per_token": "1ms"}
        got = self.same(chunks, **script)
        text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in got if chunk["choices"])
        self.assertEqual(text, REPLY)
        self.assertTrue(got[-1]["usage"]["total_tokens"])
        self.assertIs(VENDOR.asked()[-1]["body"]["enable_thinking"], True)

    def test_calls_of_tools_are_the_same(self):
        script = {
            "reply": "",
            "tool_calls": [{"name": "weather", "arguments": {"city": "北京", "days": 2}}, {"name": "time"}],
            "first_token": "10ms",
            "per_token": "1ms",
        }
        for more in ({}, {"stream": True}):
            def calls(way):
                answer = ask(way, **more)
                answers = answer if more else [answer]
                return [without_ids(part.to_dict()) for part in answers]

            self.same(calls, **script)

    def test_a_helper_of_the_client_reads_the_stream(self):
        VENDOR.play(reply=REPLY, first_token="10ms", per_token="1ms")
        with client("proxy").chat.completions.stream(model="mock-1", messages=QUESTION) as stream:
            for _ in stream:
                pass
            self.assertEqual(stream.get_final_completion().choices[0].message.content, REPLY)

    def test_refusals_are_the_same(self):
        for script in (
            {"status": 429, "retry_after": "2s", "body": "vendor"},
            {"status": 401},
            {"status": 400},
            {"status": 500},
            {"status": 503, "body": "busy"},
        ):
            for stream in (False, True):
                def refusal(way):
                    with self.assertRaises(openai.APIStatusError) as refused:
                        ask(way, stream=stream)
                    error = refused.exception
                    return type(error), error.status_code, error.response.headers.get("retry-after")

                self.same(refusal, **script)

    def test_a_clients_own_retry_is_not_taken_away(self):
        VENDOR.play(reply="Later.", **{"request 1": {"status": 429, "retry_after": "50ms", "body": "vendor"}})
        again = client("proxy", max_retries=1)
        answer = again.chat.completions.create(model="mock-1", messages=QUESTION)
        self.assertEqual(answer.choices[0].message.content, "Later.")

    def test_a_wrong_key_is_told_and_the_vendor_never_sees_ours(self):
        VENDOR.play(key=VENDOR_KEY)
        with self.assertRaises(openai.AuthenticationError):
            client("proxy", key="sk-wrong").chat.completions.create(model="mock-1", messages=QUESTION)
        ask("proxy")
        self.assertNotIn(KEY, str(VENDOR.asked()))

    def test_a_cancelled_stream_is_free_at_once(self):
        VENDOR.play(reply="one two three four five", first_token="10ms", per_token="400ms", concurrent=1)
        stream = ask("proxy", stream=True)
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                break
        with self.assertRaises(openai.RateLimitError):
            ask("proxy", stream=True)
        stream.close()

        def is_let_in():
            try:
                ask("proxy", stream=True).close()
            except openai.RateLimitError:
                return False
            return True

        self.eventually(is_let_in, "the place of the cancelled stream")

    def test_a_break_within_a_stream_is_raised(self):
        for script in ({"cut": "at token 3"}, {"cut": "at token 3 by reset"}, {"quirk": "Q38"}):
            VENDOR.play(reply="one two three four five six", first_token="10ms", per_token="1ms", **script)
            said = ""
            with self.assertRaises(openai.APIError):
                for chunk in ask("proxy", stream=True):
                    said += chunk.choices[0].delta.content or ""
            self.assertTrue(said.startswith("one two three"), said)

    def test_models_are_listed_and_unknown_ones_refused(self):
        self.assertEqual([model.id for model in client("proxy").models.list()], ["mock-1"])
        with self.assertRaises(openai.NotFoundError) as refused:
            client("proxy").chat.completions.create(model="nobody", messages=QUESTION)
        self.assertEqual(refused.exception.code, "model_not_found")
